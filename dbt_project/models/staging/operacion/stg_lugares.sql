with

source as (

    select * from {{ source('lake', 'lugares') }}

),

renamed as (

    select
        export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version,
        fila,
        colonia_id,
        hexagono,
        metodo,
        certeza,
        nombre_entregado
    from source

)

select * from renamed
