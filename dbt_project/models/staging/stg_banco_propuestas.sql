with

source as (

    select * from {{ source('lake', 'banco_propuestas') }}

),

renamed as (

    select
        propuesta_id,
        mecanismo,
        propuesta,
        repite,
        indicador,
        motivo,
        baja,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
