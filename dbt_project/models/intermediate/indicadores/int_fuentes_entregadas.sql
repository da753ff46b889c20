-- Quarters for which every source of an indicator has a standing delivery from an office that may deliver it and answers
-- for the indicator (rules.md, "Status at a quarter", provisional).
with

fuentes as (

    select * from {{ ref('matriz_fuentes') }}

),

exportaciones as (

    select * from {{ ref('int_exportaciones_de_responsables') }}

),

entregas as (

    select distinct
        export,
        dependencia,
        indice
    from {{ ref('stg_entregas') }}
    where vigente

),

necesarias as (

    select
        indicador,
        count(*) as fuentes
    from fuentes
    group by 1

),

entregadas as (

    select
        fuentes.indicador,
        entregas.indice,
        count(distinct fuentes.export) as fuentes
    from fuentes
    inner join exportaciones using (indicador, export)
    inner join entregas using (export, dependencia)
    group by 1, 2

),

completas as (

    select
        entregadas.indicador,
        entregadas.indice
    from entregadas
    inner join necesarias using (indicador, fuentes)

)

select * from completas
