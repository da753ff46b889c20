with

vigente as (

    select * from {{ ref('int_mediciones_aire_vigente') }}

),

publicable as (

    select
        estacion_id,
        fecha,
        contaminante,
        promedio,
        maximo,
        unidad
    from vigente

)

select * from publicable
order by estacion_id, contaminante, fecha
