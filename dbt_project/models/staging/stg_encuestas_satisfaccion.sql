with

source as (

    select * from {{ source('lake', 'encuestas_satisfaccion') }}

),

renamed as (

    select
        respuesta_id,
        evento_id,
        acuerdo_id,
        fecha,
        respuesta,
        baja,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
