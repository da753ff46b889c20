-- Where the indicators and their other readings (`lectura`, empty for the one that is followed) are evaluated (rules.md, "Status at a
-- quarter"): at the cut-off on the state as of each quarter, and on the due day on the state as of the quarter that holds it, once that
-- day has come.
with

trimestres as (

    select * from {{ ref('int_trimestres') }}

),

metas as (

    select
        indicador,
        '' as lectura,
        ejercicio,
        indice_vence,
        vence
    from {{ ref('int_metas') }}
    union all
    select
        indicador,
        lectura,
        ejercicio,
        {{ indice_de_fecha('vence') }} as indice_vence,
        vence
    from {{ ref('matriz_lecturas_metas') }}

),

cortes as (

    select
        metas.indicador,
        metas.lectura,
        metas.ejercicio,
        trimestres.indice as estado_indice,
        trimestres.fecha_corte as dia
    from metas
    cross join trimestres

),

-- an earlier version of the matrix may have had another due day
con_vencimiento as (

    select * from metas
    union distinct
    select
        indicador,
        '' as lectura,
        ejercicio,
        indice_vence,
        vence
    from {{ ref('int_metas_anteriores') }}

),

vencimientos as (

    select
        metas.indicador,
        metas.lectura,
        metas.ejercicio,
        metas.indice_vence as estado_indice,
        metas.vence as dia
    from con_vencimiento as metas
    inner join trimestres on metas.indice_vence = trimestres.indice and metas.vence <= trimestres.fecha_corte

),

puntos as (

    select * from cortes
    union distinct
    select * from vencimientos

)

select * from puntos
