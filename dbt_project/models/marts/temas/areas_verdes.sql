with

vigente as (

    select * from {{ ref('int_areas_verdes_vigente') }}

),

publicable as (

    select
        area_id,
        nombre,
        tipo,
        colonia,
        latitud,
        longitud,
        superficie_m2,
        estado,
        fecha_revision
    from vigente

)

select * from publicable
order by area_id
