with

source as (

    select * from {{ source('lake', 'presas') }}

),

renamed as (

    select
        clave_presa,
        nombre,
        corriente,
        capacidad_namo_hm3,
        latitud,
        longitud,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
