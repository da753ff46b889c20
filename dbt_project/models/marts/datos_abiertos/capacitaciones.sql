with

{{ estado_hasta_el_corte('capacitaciones', {'fecha_realizada': 'realizada_el'}) }},

con_situacion as (

    select
        capacitacion_id,
        titulo,
        modalidad,
        fecha_programada,
        realizada_el as fecha_realizada,
        cast(extract(year from fecha_programada) as bigint) as ejercicio,
        {{ situacion_programada('fecha_programada', 'realizada_el', 'fecha_corte', 'a') }} as situacion,
        asistentes,
        dependencia,
        fecha_corte
    from hasta_el_corte

)

select * from con_situacion
order by capacitacion_id
