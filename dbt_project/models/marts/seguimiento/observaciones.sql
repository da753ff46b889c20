with

observaciones as (

    select * from {{ ref('int_observaciones_vigente') }}

),

corte as (

    select * from {{ ref('int_corte') }}

),

hasta_el_corte as (

    select
        observaciones.*,
        corte.fecha_corte,
        case when observaciones.fecha_atencion <= corte.fecha_corte then observaciones.fecha_atencion end as atendida_el
    from observaciones
    cross join corte

),

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
