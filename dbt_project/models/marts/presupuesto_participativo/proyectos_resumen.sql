with

proyectos as (

    select * from {{ ref('proyectos_pp') }}

),

resumen as (

    select
        ejercicio_fiscal,
        tipo_espacio,
        count(*) as proyectos,
        cast(sum(case when financiado then 1 else 0 end) as bigint) as financiados,
        cast(sum(case when situacion = 'entregado' then 1 else 0 end) as bigint) as entregados,
        cast(sum(case when financiado and con_carta then 1 else 0 end) as bigint) as con_carta,
        cast(coalesce(sum(case when financiado then monto_mxn end), 0) as {{ tipo_decimal() }}) as monto_mxn,
        cast(coalesce(sum(case when financiado then monto_contratado_mxn end), 0) as {{ tipo_decimal() }}) as monto_contratado_mxn,
        cast(coalesce(sum(case when financiado then monto_ejercido_mxn end), 0) as {{ tipo_decimal() }}) as monto_ejercido_mxn,
        cast(coalesce(sum(case when financiado then superficie_m2 end), 0) as {{ tipo_decimal() }}) as superficie_m2,
        cast(coalesce(sum(votos), 0) as bigint) as votos,
        max(fecha_corte) as fecha_corte
    from proyectos
    group by 1, 2

)

select * from resumen
order by ejercicio_fiscal, tipo_espacio
