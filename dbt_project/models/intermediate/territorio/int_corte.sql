{#
  "Today" of every mart: the day as of which the last quarter with a standing delivery of an export that has indicators is judged
  (rules.md, "Status at a quarter"), or the one that this run closes; of any export when only reference layers were delivered. One row,
  empty when there is nothing in the lake.
#}
with

{{ entregado_y_cerrado() }},

entregado as (

    select
        coalesce(
            max(case when exportaciones.export is not null then entregas.indice end),
            max(entregas.indice)
        ) as indice
    from entregas
    left join exportaciones on entregas.export = exportaciones.export

),

ultimo as (

    select
        coalesce(corrida.cierre_indice, entregado.indice) as indice,
        corrida.recibido_hasta
    from corrida
    cross join entregado

),

meses as (

    select
        {{ trimestre_de_indice('indice') }} as trimestre,
        indice,
        recibido_hasta,
        cast(3 * (indice - {{ pamga_leon.plan().primer_trimestre }}) + 3 as integer) as meses_desde_inicio
    from ultimo

),

con_ultimo_dia as (

    select
        *,
        cast(
            {{ dbt.dateadd('day', -1, 'cast(' ~ dbt.dateadd('month', 'meses_desde_inicio', inicio_del_plan()) ~ ' as date)') }} as date
        ) as ultimo_dia
    from meses

),

corte as (

    select
        con_ultimo_dia.trimestre,
        con_ultimo_dia.indice,
        cast({{ entero_entre('con_ultimo_dia.indice', 4) }} as integer) as ejercicio,
        {{ fecha_corte_de('con_ultimo_dia.ultimo_dia', 'cierres.trimestre is not null', 'con_ultimo_dia.recibido_hasta') }} as fecha_corte
    from con_ultimo_dia
    left join cierres on con_ultimo_dia.trimestre = cierres.trimestre

)

select * from corte
