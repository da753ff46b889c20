{#
  The day on which the lake received anything for the first time, one row: what was due before it is owed from it on. Where it holds two
  quarters or more that had ended, it was a load of what was there already, which was owed to nobody (rules.md, "Quarters, deliveries,
  versions").
#}
with

entregas as (select * from {{ ref('stg_entregas') }}),

trimestres as (select * from {{ ref('int_trimestres_del_calendario') }}),

primer_dia as (

    select min(received_on) as dia from entregas

),

carga_inicial as (

    select primer_dia.dia
    from primer_dia
    inner join entregas on primer_dia.dia = entregas.received_on
    inner join trimestres on entregas.trimestre = trimestres.trimestre and trimestres.fecha_corte < primer_dia.dia
    group by 1
    having count(distinct entregas.trimestre) >= 2

),

inicio as (

    select
        primer_dia.dia,
        max(carga_inicial.dia) as carga,
        max(case when trimestres.fecha_corte < primer_dia.dia then trimestres.fecha_corte end) as ultimo_corte
    from primer_dia
    cross join trimestres
    left join carga_inicial on primer_dia.dia = carga_inicial.dia
    group by 1

)

select * from inicio
