with

sesiones as (

    select * from {{ ref('cabildo_sesiones') }}

),

mesas as (

    select * from {{ ref('cabildo_mesas') }}

),

propuestas as (

    select * from {{ ref('cabildo_propuestas') }}

),

corte as (

    select * from {{ ref('int_corte') }}

),

contados as (

    select
        ejercicio,
        eje,
        1 as sesiones_programadas,
        case when fecha_realizada is not null then 1 else 0 end as sesiones_realizadas,
        0 as mesas_programadas,
        0 as mesas_realizadas,
        0 as propuestas_politica_publica,
        0 as propuestas_reforma_reglamentaria,
        0 as propuestas_entregadas
    from sesiones
    union all
    select
        ejercicio,
        eje,
        0 as sesiones_programadas,
        0 as sesiones_realizadas,
        1 as mesas_programadas,
        case when fecha_realizada is not null then 1 else 0 end as mesas_realizadas,
        0 as propuestas_politica_publica,
        0 as propuestas_reforma_reglamentaria,
        0 as propuestas_entregadas
    from mesas
    union all
    select
        ejercicio,
        eje,
        0 as sesiones_programadas,
        0 as sesiones_realizadas,
        0 as mesas_programadas,
        0 as mesas_realizadas,
        case when tipo = 'politica_publica' then 1 else 0 end as propuestas_politica_publica,
        case when tipo = 'reforma_reglamentaria' then 1 else 0 end as propuestas_reforma_reglamentaria,
        case when entregada then 1 else 0 end as propuestas_entregadas
    from propuestas

),

por_eje as (

    select
        contados.ejercicio,
        contados.eje,
        cast(sum(contados.sesiones_programadas) as bigint) as sesiones_programadas,
        cast(sum(contados.sesiones_realizadas) as bigint) as sesiones_realizadas,
        cast(sum(contados.mesas_programadas) as bigint) as mesas_programadas,
        cast(sum(contados.mesas_realizadas) as bigint) as mesas_realizadas,
        cast(sum(contados.propuestas_politica_publica) as bigint) as propuestas_politica_publica,
        cast(sum(contados.propuestas_reforma_reglamentaria) as bigint) as propuestas_reforma_reglamentaria,
        cast(sum(contados.propuestas_entregadas) as bigint) as propuestas_entregadas,
        max(corte.fecha_corte) as fecha_corte
    from contados
    cross join corte
    group by 1, 2

)

select * from por_eje
order by ejercicio, eje
