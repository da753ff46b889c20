with

source as (

    select * from {{ source('lake', 'fases_proyecto') }}

),

renamed as (

    select
        proyecto,
        fase_id,
        fase,
        fecha_programada,
        fecha_completada,
        evidencia_url,
        baja,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
