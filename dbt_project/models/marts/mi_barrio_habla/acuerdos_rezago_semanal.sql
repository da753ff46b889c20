-- Openings and closings by week, run up: one pass over the agreements, whatever the number of weeks.
{% set antes = semana_antes_del_plan() %}

with

por_semana as (

    select * from {{ ref('int_acuerdos_por_semana') }}

),

corte as (

    select * from {{ ref('int_corte') }}

),

numerados as (

    {{ dbt.generate_series((pamga_leon.plan().dias / 7) | int + 2) }}

),

semanas as (

    select cast({{ dbt.dateadd('day', '7 * (numerados.generated_number - 1)', antes) }} as date) as semana
    from numerados

),

dependencias as (

    select distinct dependencia from por_semana

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
