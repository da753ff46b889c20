with

vigente as (

    select * from {{ ref('int_tianguis_vigente') }}

),

publicable as (

    select
        origen_id,
        nombre,
        colonia,
        dia,
        calle,
        geometria
    from vigente

)

select * from publicable
order by origen_id, nombre, colonia, dia, calle
