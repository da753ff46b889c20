with

source as (

    select * from {{ source('lake', 'tianguis') }}

),

renamed as (

    select
        origen_id,
        nombre,
        colonia,
        dia,
        calle,
        geometria,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
