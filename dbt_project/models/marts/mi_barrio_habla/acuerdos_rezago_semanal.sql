-- Openings and closings are counted by week and then run up: one pass over the agreements, whatever the number of weeks. The week before
-- the plan's first one gathers everything older, so that the first backlog is right.
{% set antes = 'cast(' ~ dbt.dateadd('day', -7, semana_de(inicio_del_plan())) ~ ' as date)' %}

with

acuerdos as (

    select * from {{ ref('int_acuerdos_con_plazo') }}

),

corte as (

    select * from {{ ref('int_corte') }}

),

-- an agreement reported as finished before it was made is finished on the day it was made
fechas as (

    select
        dependencia,
        fecha_acuerdo,
        case when fecha_finalizacion < fecha_acuerdo then fecha_acuerdo else fecha_finalizacion end as fecha_finalizacion,
        case
            when fecha_finalizacion is null or fecha_finalizacion > fecha_limite
                then cast({{ dbt.dateadd('day', 1, 'fecha_limite') }} as date)
        end as fecha_vencido,
        fecha_corte
    from acuerdos

),

movimientos as (

    select
        {{ semana_de('fecha_acuerdo') }} as semana,
        dependencia,
        count(*) as nuevos,
        0 as finalizados,
        0 as vencidos
    from fechas
    group by 1, 2
    union all
    select
        {{ semana_de('fecha_finalizacion') }} as semana,
        dependencia,
        0 as nuevos,
        count(*) as finalizados,
        -count(fecha_vencido) as vencidos
    from fechas
    where fecha_finalizacion is not null
    group by 1, 2
    union all
    select
        {{ semana_de('fecha_vencido') }} as semana,
        dependencia,
        0 as nuevos,
        0 as finalizados,
        count(*) as vencidos
    from fechas
    where fecha_vencido <= fecha_corte
    group by 1, 2

),

por_semana as (

    select
        case when semana < {{ antes }} then {{ antes }} else semana end as semana,
        dependencia,
        sum(nuevos) as nuevos,
        sum(finalizados) as finalizados,
        sum(vencidos) as vencidos
    from movimientos
    group by 1, 2

),

numerados as (

    {{ dbt.generate_series((pamga_leon.plan().dias / 7) | int + 2) }}

),

semanas as (

    select cast({{ dbt.dateadd('day', '7 * (numerados.generated_number - 1)', antes) }} as date) as semana
    from numerados

),

dependencias as (

    select distinct dependencia from fechas

),

rejilla as (

    select
        semanas.semana,
        cast({{ dbt.dateadd('day', 6, 'semanas.semana') }} as date) as domingo,
        corte.fecha_corte,
        dependencias.dependencia
    from semanas
    inner join corte on semanas.semana <= corte.fecha_corte
    cross join dependencias

),

acumulados as (

    select
        rejilla.semana,
        {{ menor_de('rejilla.domingo', 'rejilla.fecha_corte') }} as fin_semana,
        rejilla.dependencia,
        coalesce(por_semana.nuevos, 0) as nuevos,
        coalesce(por_semana.finalizados, 0) as finalizados,
        sum(coalesce(por_semana.nuevos, 0) - coalesce(por_semana.finalizados, 0))
            over (
                partition by rejilla.dependencia order by rejilla.semana
                rows between unbounded preceding and current row
            ) as abiertos,
        sum(coalesce(por_semana.vencidos, 0))
            over (
                partition by rejilla.dependencia order by rejilla.semana
                rows between unbounded preceding and current row
            ) as vencidos
    from rejilla
    left join por_semana using (semana, dependencia)

),

rezago as (

    select
        semana,
        fin_semana,
        {{ trimestre_de_indice(indice_de_fecha('fin_semana')) }} as trimestre,
        dependencia,
        cast(nuevos as bigint) as nuevos,
        cast(finalizados as bigint) as finalizados,
        cast(abiertos as bigint) as abiertos,
        cast(vencidos as bigint) as vencidos
    from acumulados
    where semana > {{ antes }}

)

select * from rezago
order by semana, dependencia
