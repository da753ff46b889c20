with

{{ estado_hasta_el_corte('comentarios_ciudadanos', {'fecha_respuesta': 'respondido_el'}) }},

con_respuesta as (

    select
        comentario_id,
        sesion_id,
        fecha,
        canal,
        indicador,
        comentario,
        comentario_reservado,
        respuesta,
        respuesta_reservado,
        respondido_el as fecha_respuesta,
        respondido_el is not null or (coalesce(respuesta, respuesta_reservado) is not null and fecha_respuesta is null) as respondido,
        cast({{ dias_de_retraso('fecha', 'coalesce(respondido_el, fecha_corte)') }} as bigint) as dias_respuesta,
        fecha_corte
    from hasta_el_corte

)

select * from con_respuesta
order by comentario_id
