-- Why every target stands as it does at every quarter, in words, with the numbers that the sentence is made of (macros/marts/por_que.sql).
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

dias as (

    select * from {{ ref('int_dia_de_cumplimiento') }}

),

pendientes as (

    select * from {{ ref('int_documentos_pendientes') }}

),

contados as (

    select
        evaluados.*,
        fichas.unidad,
        fichas.cuenta_uno,
        fichas.cuenta_varios,
        fichas.producto,
        fichas.fuentes,
        fichas.denominador as que_cuenta_el_denominador,
        pendientes.pendiente,
        {{ texto_de_meta('evaluados.operador', 'evaluados.meta', 'fichas.unidad') }} as meta_texto,
        {{ se_piden('evaluados.denominador', 'evaluados.operador', 'evaluados.meta') }} as se_piden,
        {{ se_piden('evaluados.denominador_juzgado', 'evaluados.operador', 'evaluados.meta') }} as se_pedian,
        {{ cuantos_faltan('evaluados.numerador', 'evaluados.denominador', 'evaluados.operador', 'evaluados.meta') }} as faltan,
        {{ cuantos_faltan(
            'evaluados.numerador_juzgado', 'evaluados.denominador_juzgado', 'evaluados.operador', 'evaluados.meta'
        ) }} as faltaban,
        case
            when evaluados.estado = 'cumplida_con_retraso' and dias.alcanzada_el <= evaluados.fecha_corte
                then {{ dias_de_retraso('evaluados.vence', 'dias.alcanzada_el') }}
        end as dias_tarde
    from evaluados
    inner join trimestres using (indice)
    inner join fichas using (indicador)
    left join dias using (indicador, ejercicio)
    left join pendientes
        on
            evaluados.indicador = pendientes.indicador
            and evaluados.ejercicio = pendientes.ejercicio
            and trimestres.es_ultimo

),

explicados as (

    select
        indicador,
        ejercicio,
        indice,
        meta_texto,
        faltan,
        faltaban,
        cast(dias_tarde as bigint) as dias_tarde,
        {{ por_que_de_meta() }} as por_que
    from contados

)

select * from explicados
