with

evaluados as (

    select * from {{ ref('int_indicadores_evaluados') }}

),

final as (

    select
        indicador,
        compromiso,
        ejercicio,
        trimestre,
        fecha_corte,
        inicio,
        vence,
        operador,
        meta,
        numerador,
        denominador,
        valor,
        valor_al_vencimiento,
        estado,
        provisional
    from evaluados

)

select * from final
order by indicador, ejercicio, trimestre
