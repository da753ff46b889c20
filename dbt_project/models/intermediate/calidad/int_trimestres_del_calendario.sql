{#
  Quarters of the calendar: those of the plan that have begun today or that this run closes, and every quarter that anybody delivered.
#}
{% set primero = pamga_leon.plan().primer_trimestre %}

with

entregas as (select * from {{ ref('stg_entregas') }}),

corrida as (

    select
        hoy,
        {{ indice_de_trimestre('cierre') }} as cierre_indice
    from {{ ref('stg_corrida') }}

),

numerados as (

    {{ dbt.generate_series(pamga_leon.plan().trimestres) }}

),

plan as (

    select
        cast({{ primero }} + numerados.generated_number - 1 as integer) as indice,
        true as del_plan
    from numerados
    where
        cast({{ dbt.dateadd('month', '3 * (numerados.generated_number - 1)', inicio_del_plan()) }} as date)
        <= (select corrida.hoy from corrida)
        or cast({{ primero }} + numerados.generated_number - 1 as integer) <= (select corrida.cierre_indice from corrida)

),

entregados as (

    select distinct
        indice,
        false as del_plan
    from entregas
    where indice not in (select plan.indice from plan)

),

todos as (

    select * from plan
    union all
    select * from entregados

),

primeros_dias as (

    select
        indice,
        del_plan,
        {{ trimestre_de_indice('indice') }} as trimestre,
        cast({{ dbt.dateadd('month', '3 * (indice - ' ~ primero ~ ')', inicio_del_plan()) }} as date) as primer_dia,
        cast({{ dbt.dateadd('month', '3 * (indice - ' ~ primero ~ ' + 1)', inicio_del_plan()) }} as date) as siguiente
    from todos

),

final as (

    select
        trimestre,
        indice,
        del_plan,
        primer_dia,
        cast({{ dbt.dateadd('day', -1, 'siguiente') }} as date) as fecha_corte
    from primeros_dias

)

select * from final
