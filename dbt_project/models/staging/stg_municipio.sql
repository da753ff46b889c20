with

source as (

    select * from {{ source('lake', 'municipio') }}

),

renamed as (

    select
        clave_municipio,
        nombre,
        poblacion,
        geometria,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
