{{ config(materialized='view') }}
-- Whose delivery can move an indicator: the offices that may deliver one of its exports and answer for it. A document of another office
-- changes nothing.
with

exportaciones as (

    select * from {{ ref('matriz_exportaciones') }}

),

responsables as (

    select * from {{ ref('matriz_responsables') }}

),

de_responsables as (

    select
        exportaciones.indicador,
        exportaciones.export,
        exportaciones.nombre,
        exportaciones.dependencia
    from exportaciones
    inner join responsables using (indicador, dependencia)

)

select * from de_responsables
