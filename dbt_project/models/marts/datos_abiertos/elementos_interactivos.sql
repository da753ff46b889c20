with

{{ estado_hasta_el_corte('elementos_interactivos', {'fecha_integracion': 'integrado_el'}) }},

con_situacion as (

    select
        elemento_id,
        nombre,
        tipo,
        fecha_programada,
        integrado_el as fecha_integracion,
        {{ situacion_comprometida('fecha_programada', 'integrado_el', 'fecha_corte', 'integrado', 'pendiente', 'atrasado') }} as situacion,
        cast({{ dias_de_retraso('fecha_programada', 'coalesce(integrado_el, fecha_corte)') }} as bigint) as dias_retraso,
        url,
        fecha_corte
    from hasta_el_corte

)

select * from con_situacion
order by elemento_id
