with

evaluados as (

    select * from {{ ref('int_indicadores_evaluados') }}

),

ultimo as (

    select * from {{ ref('int_trimestres') }}
    where es_ultimo

),

fichas as (

    select * from {{ ref('int_fichas') }}

),

dictamenes as (

    select * from {{ ref('int_dictamenes') }}

),

final as (

    select
        evaluados.indicador,
        evaluados.ejercicio,
        evaluados.compromiso,
        fichas.nombre_compromiso,
        fichas.nombre,
        fichas.responsables,
        evaluados.trimestre,
        evaluados.fecha_corte,
        evaluados.inicio,
        evaluados.vence,
        {{ trimestre_de_indice(indice_de_fecha('evaluados.vence')) }} as trimestre_vence,
        {{ dbt.datediff('evaluados.fecha_corte', 'evaluados.vence', 'day') }} as dias_al_vencimiento,
        {{ texto_de_meta('evaluados.operador', 'evaluados.meta', 'fichas.unidad') }} as meta_texto,
        evaluados.meta,
        evaluados.valor,
        {{ texto_de_valor('evaluados.valor', 'fichas.unidad') }} as valor_texto,
        evaluados.estado,
        {{ texto_de_estado('evaluados.estado') }} as estado_texto,
        dictamenes.dictamen,
        {{ texto_de_dictamen('dictamenes.dictamen') }} as dictamen_texto,
        dictamenes.dictamen_trimestre,
        fichas.medio_verificacion
    from evaluados
    inner join ultimo on evaluados.indice = ultimo.indice
    inner join fichas on evaluados.indicador = fichas.indicador
    inner join dictamenes
        on
            evaluados.indicador = dictamenes.indicador
            and evaluados.ejercicio = dictamenes.ejercicio
            and evaluados.indice = dictamenes.indice
    where
        evaluados.vence > evaluados.fecha_corte
        and {{ indice_de_fecha('evaluados.vence') }} <= ultimo.indice + 2

)

select * from final
order by indicador, ejercicio
