with

{{ estado_hasta_el_corte('comite_seleccion', {'fecha_integracion': 'integrado_el'}) }},

por_sector as (

    select
        ejercicio,
        sector,
        count(*) as designados,
        count(integrado_el) as integrados,
        count(distinct institucion) as instituciones,
        min(integrado_el) as primera_integracion,
        max(fecha_corte) as fecha_corte
    from hasta_el_corte
    group by 1, 2

)

select * from por_sector
order by ejercicio, sector
