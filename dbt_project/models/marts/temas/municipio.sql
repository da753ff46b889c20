with

vigente as (

    select * from {{ ref('int_municipio_vigente') }}

),

publicable as (

    select
        clave_municipio,
        nombre,
        poblacion,
        geometria
    from vigente

)

select * from publicable
order by clave_municipio
