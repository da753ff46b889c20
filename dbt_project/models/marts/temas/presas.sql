with

vigente as (

    select * from {{ ref('int_presas_vigente') }}

),

publicable as (

    select
        clave_presa,
        nombre,
        corriente,
        capacidad_namo_hm3,
        latitud,
        longitud
    from vigente

)

select * from publicable
order by clave_presa
