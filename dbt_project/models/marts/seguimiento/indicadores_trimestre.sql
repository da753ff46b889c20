with

evaluados as (

    select * from {{ ref('int_indicadores_evaluados') }}

),

dictamenes as (

    select * from {{ ref('int_dictamenes') }}

),

otra_lectura as (

    select * from {{ ref('int_otra_lectura') }}

),

final as (

    select
        evaluados.indicador,
        evaluados.compromiso,
        evaluados.ejercicio,
        evaluados.trimestre,
        evaluados.fecha_corte,
        evaluados.inicio,
        evaluados.vence,
        evaluados.operador,
        evaluados.meta,
        evaluados.numerador,
        evaluados.denominador,
        evaluados.valor,
        evaluados.valor_al_vencimiento,
        evaluados.juzgado_el,
        evaluados.numerador_juzgado,
        evaluados.denominador_juzgado,
        evaluados.valor_juzgado,
        evaluados.estado,
        evaluados.provisional,
        dictamenes.dictamen,
        dictamenes.dictamen_trimestre,
        otra_lectura.otra_lectura
    from evaluados
    inner join dictamenes using (indicador, ejercicio, indice)
    left join otra_lectura using (indicador, ejercicio, indice)

)

select * from final
order by indicador, ejercicio, trimestre
