with

areas as (

    select * from {{ ref('int_areas_verdes_vigente') }}

),

ubicadas as (

    select
        areas.area_id,
        areas.nombre,
        areas.tipo,
        coalesce(lugares.colonia_id, -1) as colonia_id,
        coalesce(lugares.colonia, 'Sin ubicar') as colonia,
        areas.colonia as colonia_escrita,
        areas.latitud,
        areas.longitud,
        areas.superficie_m2,
        areas.estado,
        areas.fecha_revision
    from areas
    {{ unir_lugar('areas', 'areas_verdes') }}

)

select * from ubicadas
order by area_id
