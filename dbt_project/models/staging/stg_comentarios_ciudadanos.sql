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
        {{ texto_moderado('comentario') }},
        {{ texto_reservado('comentario') }},
        {{ texto_moderado('respuesta') }},
        {{ texto_reservado('respuesta') }},
        fecha_respuesta,
        publicable,
        revisado,
        baja,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
