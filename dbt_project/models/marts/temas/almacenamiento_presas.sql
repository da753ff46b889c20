with

vigente as (

    select * from {{ ref('int_almacenamiento_presas_vigente') }}

),

publicable as (

    select
        clave_presa,
        fecha,
        almacenamiento_hm3,
        llenado_pct
    from vigente

)

select * from publicable
order by clave_presa, fecha
