{#
  Quarters of the plan up to the last one with a standing delivery of an export that has indicators, or the one that this run closes.
  `fecha_corte` is the day as of which a quarter is judged (rules.md, "Status at a quarter"): its last day, and while it runs the newest
  day of which the lake knows anything.
#}
{% set ultimo_del_plan = pamga_leon.plan().primer_trimestre + pamga_leon.plan().trimestres - 1 %}

with

{{ entregado_y_cerrado() }},

entregado as (

    select max(entregas.indice) as indice
    from entregas
    inner join exportaciones on entregas.export = exportaciones.export

),

ultimo as (

    select coalesce(corrida.cierre_indice, entregado.indice) as indice
    from corrida
    cross join entregado

),

numerados as (

    {{ dbt.generate_series(pamga_leon.plan().trimestres) }}

),

trimestres as (

    select
        cast({{ pamga_leon.plan().primer_trimestre }} + numerados.generated_number - 1 as integer) as indice,
        cast({{ dbt.dateadd('month', '3 * (numerados.generated_number - 1)', inicio_del_plan()) }} as date) as primer_dia,
        cast({{ dbt.dateadd('month', '3 * numerados.generated_number', inicio_del_plan()) }} as date) as siguiente
    from numerados

),

con_ultimo_dia as (

    select
        {{ trimestre_de_indice('trimestres.indice') }} as trimestre,
        trimestres.indice,
        trimestres.primer_dia,
        cast({{ dbt.dateadd('day', -1, 'trimestres.siguiente') }} as date) as ultimo_dia,
        trimestres.indice = ultimo.indice
        or (trimestres.indice = {{ ultimo_del_plan }} and ultimo.indice > trimestres.indice) as es_ultimo
    from trimestres
    inner join ultimo on trimestres.indice <= ultimo.indice

),

del_plan as (

    select
        con_ultimo_dia.trimestre,
        con_ultimo_dia.indice,
        con_ultimo_dia.primer_dia,
        con_ultimo_dia.ultimo_dia,
        {{ fecha_corte_de('con_ultimo_dia.ultimo_dia', 'cierres.trimestre is not null', 'corrida.recibido_hasta') }} as fecha_corte,
        con_ultimo_dia.es_ultimo
    from con_ultimo_dia
    cross join corrida
    left join cierres on con_ultimo_dia.trimestre = cierres.trimestre

)

select * from del_plan
