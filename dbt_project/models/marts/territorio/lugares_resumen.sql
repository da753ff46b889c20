with

lugares as (

    select * from {{ ref('stg_lugares') }}

),

resumen as (

    select
        export,
        metodo,
        count(*) as renglones,
        count(colonia_id) as con_colonia,
        count(hexagono) as con_hexagono
    from lugares
    group by 1, 2

)

select * from resumen
order by export, metodo
