-- Where the indicators are evaluated (rules.md, "Status at a quarter"): at the cut-off on the state as of each quarter,
-- and on the due day on the state as of the quarter that holds it, once that day has come.
with

metas as (

    select * from {{ ref('int_metas') }}

),

trimestres as (

    select * from {{ ref('int_trimestres') }}

),

cortes as (

    select
        metas.indicador,
        metas.ejercicio,
        trimestres.indice as estado_indice,
        trimestres.fecha_corte as dia
    from metas
    cross join trimestres

),

vencimientos as (

    select
        metas.indicador,
        metas.ejercicio,
        metas.indice_vence as estado_indice,
        metas.vence as dia
    from metas
    inner join trimestres on metas.indice_vence = trimestres.indice and metas.vence <= trimestres.fecha_corte

),

puntos as (

    select * from cortes
    union distinct
    select * from vencimientos

)

select * from puntos
