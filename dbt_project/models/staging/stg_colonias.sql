with

source as (

    select * from {{ source('lake', 'colonias') }}

),

renamed as (

    select
        colonia_id,
        nombre,
        clasificacion,
        -- 0 and 10000 are the source's way of saying that there is none (contract of colonias)
        nullif(nullif(codigo_postal, '0'), '10000') as codigo_postal,
        geometria,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
