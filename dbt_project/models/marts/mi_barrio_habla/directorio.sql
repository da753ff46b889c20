with

{{ estado_hasta_el_corte('directorio', {'fecha_actualizacion': 'actualizado_el'}) }},

entradas as (

    select
        dependencia_id,
        dependencia,
        tiene_contacto_ciudadano,
        telefono,
        correo,
        domicilio,
        url,
        horario,
        actualizado_el as fecha_actualizacion,
        cast({{ dbt.datediff('actualizado_el', 'fecha_corte', 'day') }} as bigint) as dias_desde_actualizacion,
        coalesce({{ semestre_de('actualizado_el') }} = {{ semestre_de('fecha_corte') }}, false) as actualizado,
        fecha_corte
    from hasta_el_corte

)

select * from entradas
order by dependencia_id
