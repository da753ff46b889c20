-- "Today" of every mart: the cut-off of the last quarter with a standing delivery of an export that has indicators (rules.md, "Status at a
-- quarter"); of any export when only reference layers were delivered. One row, empty when there is nothing in the lake.
with

entregas as (

    select * from {{ ref('stg_entregas') }}
    where vigente

),

exportaciones as (

    select distinct export from {{ ref('matriz_exportaciones') }}

),

ultimo as (

    select
        coalesce(
            max(case when exportaciones.export is not null then entregas.indice end),
            max(entregas.indice)
        ) as indice
    from entregas
    left join exportaciones on entregas.export = exportaciones.export

),

meses as (

    select
        indice,
        cast(3 * (indice - 4 * 2025) + 3 as integer) as meses_desde_inicio
    from ultimo

),

corte as (

    select
        {{ trimestre_de_indice('indice') }} as trimestre,
        indice,
        cast({{ entero_entre('indice', 4) }} as integer) as ejercicio,
        cast(
            {{ dbt.dateadd('day', -1, 'cast(' ~ dbt.dateadd('month', 'meses_desde_inicio', inicio_del_plan()) ~ ' as date)') }} as date
        ) as fecha_corte
    from meses

)

select * from corte
