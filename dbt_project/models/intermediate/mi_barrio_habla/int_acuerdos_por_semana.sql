-- How many agreements each office opened and closed in a week, and by how many its overdue ones changed. What is older than the plan is
-- gathered in the week before its first one, so that the first backlog is right.
{% set antes = semana_antes_del_plan() %}

with

acuerdos as (

    select * from {{ ref('int_acuerdos_con_plazo') }}

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

)

select * from por_semana
