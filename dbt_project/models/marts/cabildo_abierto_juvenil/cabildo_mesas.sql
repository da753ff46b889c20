with

{{ estado_hasta_el_corte('mesas_trabajo', {'fecha_realizada': 'realizada_el'}) }},

con_situacion as (

    select
        mesa_id,
        titulo,
        eje,
        fecha_programada,
        realizada_el as fecha_realizada,
        cast(extract(year from fecha_programada) as bigint) as ejercicio,
        {{ situacion_programada('fecha_programada', 'realizada_el', 'fecha_corte', 'a') }} as situacion,
        cast({{ dbt.datediff('fecha_programada', 'realizada_el', 'day') }} as bigint) as dias_desfase,
        asistentes,
        mujeres,
        hombres,
        acta_url,
        fecha_corte
    from hasta_el_corte

)

select * from con_situacion
order by mesa_id
