-- Quarters for which every source of an indicator has a standing delivery from an office that may deliver it and answers
-- for the indicator (rules.md, "Status at a quarter", provisional).
with

fuentes as (

    select * from {{ ref('matriz_fuentes') }}

),

exportaciones as (

    select distinct
        export,
        dependencia
    from {{ ref('matriz_exportaciones') }}

),

responsables as (

    select * from {{ ref('matriz_responsables') }}

),

entregas as (

    select distinct
        export,
        dependencia,
        indice
    from {{ ref('stg_entregas') }}
    where vigente

),

fuentes_entregadas as (

    select
        fuentes.indicador,
        entregas.indice,
        count(distinct fuentes.export) as fuentes
    from fuentes
    inner join exportaciones on fuentes.export = exportaciones.export
    inner join responsables
        on fuentes.indicador = responsables.indicador and exportaciones.dependencia = responsables.dependencia
    inner join entregas
        on exportaciones.export = entregas.export and exportaciones.dependencia = entregas.dependencia
    group by 1, 2

),

necesarias as (

    select
        indicador,
        count(*) as fuentes
    from fuentes
    group by 1

),

completas as (

    select
        fuentes_entregadas.indicador,
        fuentes_entregadas.indice
    from fuentes_entregadas
    inner join necesarias using (indicador, fuentes)

)

select * from completas
