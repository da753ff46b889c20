with

vigente as (

    select * from {{ ref('int_colonias_vigente') }}

),

publicable as (

    select
        colonia_id,
        nombre,
        clasificacion,
        codigo_postal,
        geometria
    from vigente

)

select * from publicable
order by colonia_id
