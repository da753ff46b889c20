with

source as (

    select * from {{ source('lake', 'areas_verdes') }}

),

renamed as (

    select
        area_id,
        nombre,
        tipo,
        colonia,
        latitud,
        longitud,
        superficie_m2,
        estado,
        fecha_revision,
        baja,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
