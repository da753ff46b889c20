with

fases as (

    select * from {{ ref('int_fases_proyecto_vigente') }}

),

corte as (

    select * from {{ ref('int_corte') }}

),

hasta_el_corte as (

    select
        fases.*,
        corte.fecha_corte,
        case when fases.fecha_completada <= corte.fecha_corte then fases.fecha_completada end as completada_el
    from fases
    cross join corte

),

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
