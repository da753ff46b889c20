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

tablero as (

    select * from {{ ref('tablero_indicadores') }}
    where es_ultimo_trimestre

),

observaciones as (

    select
        *,
        row_number() over (
            partition by indicador, ejercicio
            order by fecha_sesion desc, observacion_id desc
        ) as desde_la_ultima
    from {{ ref('observaciones') }}

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
        fichas.medio_verificacion,
        tablero.provisional,
        tablero.situacion,
        tablero.faltan,
        tablero.por_que,
        case
            when evaluados.denominador > 0 and fichas.unidad <> 'cualitativo'
                then {{ dbt.concat([
                    "cast(evaluados.numerador as " ~ dbt.type_string() ~ ")", "' de '",
                    "cast(evaluados.denominador as " ~ dbt.type_string() ~ ")", "' '",
                    "case when evaluados.denominador = 1 then fichas.cuenta_uno else fichas.cuenta_varios end",
                ]) }}
            when fichas.unidad = 'cualitativo' and evaluados.valor >= 100 then {{ dbt.concat(["'Está '", 'fichas.producto']) }}
            else 'Nada todavía'
        end as trabajo_hecho,
        case
            when observaciones.observacion_id is null then 'Nadie lo ha comprometido ante el Secretariado'
            when coalesce(observaciones.ajuste_acordado, observaciones.respuesta) is not null
                then coalesce(observaciones.ajuste_acordado, observaciones.respuesta)
            when observaciones.fecha_compromiso is not null then 'Comprometido ante el Secretariado'
            else 'El Secretariado lo revisó sin pedir nada más'
        end
        || case
            when observaciones.fecha_compromiso is null then ''
            else {{ dbt.concat(["' (para el '", fecha_en_palabras('observaciones.fecha_compromiso'), "')'"]) }}
        end as trabajo_planeado
    from evaluados
    inner join ultimo using (indice)
    inner join fichas using (indicador)
    inner join dictamenes using (indicador, ejercicio, indice)
    inner join tablero using (indicador, ejercicio)
    left join observaciones
        on
            evaluados.indicador = observaciones.indicador
            and evaluados.ejercicio = observaciones.ejercicio
            and observaciones.desde_la_ultima = 1
    where
        evaluados.vence > evaluados.fecha_corte
        and {{ indice_de_fecha('evaluados.vence') }} <= ultimo.indice + 2

)

select * from final
order by indicador, ejercicio
