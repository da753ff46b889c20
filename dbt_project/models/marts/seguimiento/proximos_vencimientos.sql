with

tablero as (

    select * from {{ ref('tablero_indicadores') }}
    where es_ultimo_trimestre

),

fichas as (

    select * from {{ ref('int_fichas') }}

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
        tablero.indicador,
        tablero.ejercicio,
        tablero.compromiso,
        tablero.nombre_compromiso,
        tablero.nombre,
        tablero.responsables,
        tablero.trimestre,
        tablero.fecha_corte,
        tablero.inicio,
        tablero.vence,
        {{ trimestre_de_indice(indice_de_fecha('tablero.vence')) }} as trimestre_vence,
        tablero.dias_al_vencimiento,
        tablero.meta_texto,
        tablero.meta,
        tablero.valor,
        tablero.valor_texto,
        tablero.estado,
        tablero.estado_texto,
        tablero.dictamen,
        tablero.dictamen_texto,
        tablero.dictamen_trimestre,
        fichas.medio_verificacion,
        tablero.provisional,
        tablero.situacion,
        tablero.faltan,
        tablero.por_que,
        case
            when tablero.denominador > 0 and fichas.unidad <> 'cualitativo'
                then {{ dbt.concat([
                    "cast(tablero.numerador as " ~ dbt.type_string() ~ ")", "' de '",
                    "cast(tablero.denominador as " ~ dbt.type_string() ~ ")", "' '",
                    "case when tablero.denominador = 1 then fichas.cuenta_uno else fichas.cuenta_varios end",
                ]) }}
            when fichas.unidad = 'cualitativo' and tablero.valor >= 100 then {{ dbt.concat(["'Está '", 'fichas.producto']) }}
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
    from tablero
    inner join fichas using (indicador)
    left join observaciones
        on
            tablero.indicador = observaciones.indicador
            and tablero.ejercicio = observaciones.ejercicio
            and observaciones.desde_la_ultima = 1
    where
        tablero.vence > tablero.fecha_corte
        and {{ indice_de_fecha('tablero.vence') }} <= {{ indice_de_trimestre('tablero.trimestre') }} + 2

)

select * from final
order by indicador, ejercicio
