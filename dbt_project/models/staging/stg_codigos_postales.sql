with

source as (

    select * from {{ source('lake', 'codigos_postales') }}

),

renamed as (

    select
        codigo_postal,
        asentamiento,
        tipo_asentamiento,
        asentamiento_id,
        zona,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
