with

{{ estado_hasta_el_corte('fases_proyecto', {'fecha_completada': 'completada_el'}) }},

con_situacion as (

    select
        proyecto,
        fase_id,
        fase,
        fecha_programada,
        completada_el as fecha_completada,
        {{ situacion_comprometida('fecha_programada', 'completada_el', 'fecha_corte', 'completada', 'pendiente', 'atrasada') }}
            as situacion,
        cast({{ dias_de_retraso('fecha_programada', 'coalesce(completada_el, fecha_corte)') }} as bigint) as dias_retraso,
        evidencia_url,
        fecha_corte
    from hasta_el_corte

)

select * from con_situacion
order by proyecto, fase_id
