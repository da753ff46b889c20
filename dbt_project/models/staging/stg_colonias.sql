with

source as (

    select * from {{ source('lake', 'colonias') }}

),

renamed as (

    select
        colonia_id,
        nombre,
        clasificacion,
        codigo_postal,
        geometria,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
