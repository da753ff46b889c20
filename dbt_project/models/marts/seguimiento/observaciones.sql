with

{{ estado_hasta_el_corte('observaciones', {'fecha_atencion': 'atendida_el'}) }},

con_situacion as (

    select
        observacion_id,
        indicador,
        ejercicio,
        trimestre_evaluado,
        fecha_sesion,
        dictamen,
        observacion,
        observacion_reservado,
        respuesta,
        respuesta_reservado,
        responsable,
        fecha_compromiso,
        atendida_el as fecha_atencion,
        ajuste_acordado,
        ajuste_acordado_reservado,
        case
            when atendida_el is not null then 'atendida'
            when coalesce(observacion, observacion_reservado) is null and fecha_compromiso is null then 'sin_observacion'
            when fecha_compromiso < fecha_corte then 'vencida'
            else 'abierta'
        end as situacion,
        cast({{ dias_de_retraso('fecha_compromiso', 'coalesce(atendida_el, fecha_corte)') }} as bigint) as dias_retraso,
        fecha_corte
    from hasta_el_corte

)

select * from con_situacion
order by observacion_id
