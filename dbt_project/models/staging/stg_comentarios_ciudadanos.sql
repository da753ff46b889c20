with

source as (

    select * from {{ source('lake', 'comentarios_ciudadanos') }}

),

renamed as (

    select
        comentario_id,
        sesion_id,
        fecha,
        canal,
        indicador,
        comentario,
        respuesta,
        fecha_respuesta,
        baja,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
