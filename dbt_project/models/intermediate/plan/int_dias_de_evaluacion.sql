-- For each day of the plan the first day of evaluation on which something of that day counts: rows are collapsed to these
-- few days before they meet the points.
with

puntos as (

    select distinct dia from {{ ref('int_puntos_de_evaluacion') }}

),

numerados as (

    {{ dbt.generate_series(pamga_leon.plan().dias) }}

),

fechas as (

    select cast({{ dbt.dateadd('day', 'numerados.generated_number - 1', inicio_del_plan()) }} as date) as fecha
    from numerados

),

dias as (

    select
        fechas.fecha,
        min(puntos.dia) as dia_evaluacion
    from fechas
    inner join puntos on fechas.fecha <= puntos.dia
    group by 1

)

select * from dias
