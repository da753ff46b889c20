with

comite as (

    select * from {{ ref('int_comite_seleccion_vigente') }}

),

corte as (

    select * from {{ ref('int_corte') }}

),

por_sector as (

    select
        comite.ejercicio,
        comite.sector,
        count(*) as designados,
        count(case when comite.fecha_integracion <= corte.fecha_corte then 1 end) as integrados,
        count(distinct comite.institucion) as instituciones,
        min(case when comite.fecha_integracion <= corte.fecha_corte then comite.fecha_integracion end) as primera_integracion,
        max(corte.fecha_corte) as fecha_corte
    from comite
    cross join corte
    group by 1, 2

)

select * from por_sector
order by ejercicio, sector
