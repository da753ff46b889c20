with

vigente as (

    select * from {{ ref('int_localidades_vigente') }}

),

publicable as (

    select
        clave_localidad,
        nombre,
        ambito,
        poblacion,
        viviendas,
        latitud,
        longitud,
        geometria
    from vigente

)

select * from publicable
order by clave_localidad
