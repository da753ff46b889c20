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

dias as (

    select * from {{ ref('int_dia_de_cumplimiento') }}

),

pendientes as (

    select * from {{ ref('int_documentos_pendientes') }}

),

con_anterior as (

    select
        *,
        lag(valor) over (partition by indicador, ejercicio order by indice) as valor_trimestre_anterior
    from evaluados

),

contados as (

    select
        con_anterior.*,
        trimestres.es_ultimo,
        fichas.unidad,
        fichas.cuenta_uno,
        fichas.cuenta_varios,
        fichas.producto,
        fichas.fuentes,
        fichas.denominador as que_cuenta_el_denominador,
        pendientes.pendiente,
        {{ texto_de_meta('con_anterior.operador', 'con_anterior.meta', 'fichas.unidad') }} as meta_texto,
        {{ se_piden('con_anterior.denominador', 'con_anterior.operador', 'con_anterior.meta') }} as se_piden,
        {{ se_piden('con_anterior.denominador_juzgado', 'con_anterior.operador', 'con_anterior.meta') }} as se_pedian,
        {{ cuantos_faltan('con_anterior.numerador', 'con_anterior.denominador', 'con_anterior.operador', 'con_anterior.meta') }} as faltan,
        {{ cuantos_faltan(
            'con_anterior.numerador_juzgado', 'con_anterior.denominador_juzgado', 'con_anterior.operador', 'con_anterior.meta'
        ) }} as faltaban,
        case
            when con_anterior.estado = 'cumplida_con_retraso' and dias.alcanzada_el <= con_anterior.fecha_corte
                then {{ dias_de_retraso('con_anterior.vence', 'dias.alcanzada_el') }}
        end as dias_tarde
    from con_anterior
    inner join trimestres using (indice)
    inner join fichas using (indicador)
    left join dias using (indicador, ejercicio)
    left join pendientes
        on
            con_anterior.indicador = pendientes.indicador
            and con_anterior.ejercicio = pendientes.ejercicio
            and trimestres.es_ultimo

),

con_por_que as (

    select
        *,
        {{ por_que_de_meta() }} as por_que
    from contados

),

final as (

    select
        con_por_que.indicador,
        con_por_que.ejercicio,
        con_por_que.trimestre,
        con_por_que.fecha_corte,
        con_por_que.es_ultimo as es_ultimo_trimestre,
        con_por_que.compromiso,
        fichas.nombre_compromiso,
        fichas.orden,
        fichas.nombre,
        fichas.responsables,
        fichas.unidad,
        con_por_que.inicio,
        con_por_que.vence,
        {{ dbt.datediff('con_por_que.fecha_corte', 'con_por_que.vence', 'day') }} as dias_al_vencimiento,
        con_por_que.operador,
        con_por_que.meta,
        con_por_que.meta_texto,
        con_por_que.numerador,
        con_por_que.denominador,
        con_por_que.valor,
        {{ texto_de_valor('con_por_que.valor', 'fichas.unidad') }} as valor_texto,
        con_por_que.valor_al_vencimiento,
        case
            when con_por_que.fecha_corte < con_por_que.vence then 'Aún no vence'
            else {{ texto_de_valor('con_por_que.valor_al_vencimiento', 'fichas.unidad') }}
        end as valor_al_vencimiento_texto,
        con_por_que.juzgado_el,
        con_por_que.numerador_juzgado,
        con_por_que.denominador_juzgado,
        con_por_que.valor_juzgado,
        {{ texto_de_valor('con_por_que.valor_juzgado', 'fichas.unidad') }} as valor_juzgado_texto,
        case
            when con_por_que.fecha_corte < con_por_que.vence then '—'
            else {{ texto_de_valor('con_por_que.valor', 'fichas.unidad') }}
        end as valor_hoy_texto,
        con_por_que.valor_juzgado - con_por_que.meta as brecha,
        con_por_que.valor_trimestre_anterior,
        con_por_que.valor - con_por_que.valor_trimestre_anterior as avance_en_el_trimestre,
        con_por_que.estado,
        {{ texto_de_estado('con_por_que.estado') }} as estado_texto,
        {{ orden_de_estado('con_por_que.estado') }} as estado_orden,
        con_por_que.provisional,
        case
            when con_por_que.provisional
                then {{ dbt.concat([texto_de_estado('con_por_que.estado'), "' (por confirmar)'"]) }}
            else {{ texto_de_estado('con_por_que.estado') }}
        end as situacion,
        dictamenes.dictamen,
        {{ texto_de_dictamen('dictamenes.dictamen') }} as dictamen_texto,
        dictamenes.dictamen_trimestre,
        otra_lectura.otra_lectura,
        con_por_que.faltan,
        con_por_que.faltaban,
        cast(con_por_que.dias_tarde as bigint) as dias_tarde,
        con_por_que.por_que
    from con_por_que
    inner join fichas using (indicador)
    inner join dictamenes using (indicador, ejercicio, indice)
    left join otra_lectura using (indicador, ejercicio, indice)

)

select * from final
order by indicador, ejercicio, trimestre
