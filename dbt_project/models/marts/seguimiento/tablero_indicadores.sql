with

evaluados as (

    select * from {{ ref('int_indicadores_evaluados') }}

),

trimestres as (

    select * from {{ ref('int_trimestres') }}

),

fichas as (

    select * from {{ ref('int_fichas') }}

),

dictamenes as (

    select * from {{ ref('int_dictamenes') }}

),

otra_lectura as (

    select * from {{ ref('int_otra_lectura') }}

),

explicados as (

    select * from {{ ref('int_por_que') }}

),

con_anterior as (

    select
        *,
        lag(valor) over (partition by indicador, ejercicio order by indice) as valor_trimestre_anterior
    from evaluados

),

final as (

    select
        con_anterior.indicador,
        con_anterior.ejercicio,
        con_anterior.trimestre,
        con_anterior.fecha_corte,
        trimestres.es_ultimo as es_ultimo_trimestre,
        con_anterior.compromiso,
        fichas.nombre_compromiso,
        fichas.orden,
        fichas.nombre,
        fichas.responsables,
        fichas.unidad,
        con_anterior.inicio,
        con_anterior.vence,
        {{ dbt.datediff('con_anterior.fecha_corte', 'con_anterior.vence', 'day') }} as dias_al_vencimiento,
        con_anterior.operador,
        con_anterior.meta,
        explicados.meta_texto,
        con_anterior.numerador,
        con_anterior.denominador,
        con_anterior.valor,
        {{ texto_de_valor('con_anterior.valor', 'fichas.unidad') }} as valor_texto,
        con_anterior.valor_al_vencimiento,
        case
            when con_anterior.fecha_corte < con_anterior.vence then 'Aún no vence'
            else {{ texto_de_valor('con_anterior.valor_al_vencimiento', 'fichas.unidad') }}
        end as valor_al_vencimiento_texto,
        con_anterior.juzgado_el,
        con_anterior.numerador_juzgado,
        con_anterior.denominador_juzgado,
        con_anterior.valor_juzgado,
        {{ texto_de_valor('con_anterior.valor_juzgado', 'fichas.unidad') }} as valor_juzgado_texto,
        case
            when con_anterior.fecha_corte < con_anterior.vence then '—'
            else {{ texto_de_valor('con_anterior.valor', 'fichas.unidad') }}
        end as valor_hoy_texto,
        con_anterior.valor_juzgado - con_anterior.meta as brecha,
        con_anterior.valor_trimestre_anterior,
        con_anterior.valor - con_anterior.valor_trimestre_anterior as avance_en_el_trimestre,
        con_anterior.estado,
        {{ texto_de_estado('con_anterior.estado') }} as estado_texto,
        {{ orden_de_estado('con_anterior.estado') }} as estado_orden,
        con_anterior.provisional,
        case
            when con_anterior.provisional
                then {{ dbt.concat([texto_de_estado('con_anterior.estado'), "' (por confirmar)'"]) }}
            else {{ texto_de_estado('con_anterior.estado') }}
        end as situacion,
        dictamenes.dictamen,
        {{ texto_de_dictamen('dictamenes.dictamen') }} as dictamen_texto,
        dictamenes.dictamen_trimestre,
        otra_lectura.otra_lectura,
        explicados.faltan,
        explicados.faltaban,
        explicados.dias_tarde,
        explicados.por_que
    from con_anterior
    inner join trimestres using (indice)
    inner join fichas using (indicador)
    inner join dictamenes using (indicador, ejercicio, indice)
    inner join explicados using (indicador, ejercicio, indice)
    left join otra_lectura using (indicador, ejercicio, indice)

)

select * from final
order by indicador, ejercicio, trimestre
