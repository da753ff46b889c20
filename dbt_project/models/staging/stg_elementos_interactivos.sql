with

source as (

    select * from {{ source('lake', 'elementos_interactivos') }}

),

renamed as (

    select
        elemento_id,
        nombre,
        tipo,
        fecha_programada,
        fecha_integracion,
        url,
        baja,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
