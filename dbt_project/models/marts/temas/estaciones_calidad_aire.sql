with

vigente as (

    select * from {{ ref('int_estaciones_calidad_aire_vigente') }}

),

publicable as (

    select
        estacion_id,
        nombre,
        codigo,
        latitud,
        longitud
    from vigente

)

select * from publicable
order by estacion_id
