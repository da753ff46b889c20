with

rechazos as (select * from {{ ref('stg_rechazos') }}),

final as (

    select
        export,
        dependencia,
        trimestre,
        columna,
        regla,
        count(*) as celdas,
        count(distinct fila) as filas,
        count(case when cuarentena then 1 end) as celdas_que_apartan
    from rechazos
    group by 1, 2, 3, 4, 5

)

select * from final
order by export, dependencia, trimestre, columna nulls last, regla
