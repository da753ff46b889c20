-- Value, value on the due day and status of every target at every quarter (rules.md, "Status at a quarter").
with

metas as (

    select * from {{ ref('int_metas') }}

),

anteriores as (

    select * from {{ ref('int_metas_anteriores') }}

),

trimestres as (

    select * from {{ ref('int_trimestres') }}

),

valores as (

    select * from {{ ref('int_indicadores_valores') }}

),

fuentes_entregadas as (

    select * from {{ ref('int_fuentes_entregadas') }}

),

recepcion as (

    select recibido_hasta as ultima
    from {{ ref('stg_corrida') }}

),

-- The target is that of the version of the matrix in force at the cut-off. What makes it provisional is looked for in one quarter: its
-- own, and of a due target the one that holds the due day.
puntos as (

    select
        metas.indicador,
        metas.compromiso,
        metas.ejercicio,
        coalesce(anteriores.inicio, metas.inicio) as inicio,
        coalesce(anteriores.vence, metas.vence) as vence,
        coalesce(anteriores.indice_vence, metas.indice_vence) as indice_vence,
        coalesce(anteriores.operador, metas.operador) as operador,
        coalesce(anteriores.meta, metas.meta) as meta,
        trimestres.trimestre,
        trimestres.indice,
        trimestres.fecha_corte,
        case
            when trimestres.fecha_corte >= coalesce(anteriores.vence, metas.vence)
                then coalesce(anteriores.indice_vence, metas.indice_vence)
            else trimestres.indice
        end as indice_por_confirmar
    from metas
    cross join trimestres
    left join anteriores
        on
            metas.indicador = anteriores.indicador
            and metas.ejercicio = anteriores.ejercicio
            and trimestres.indice = anteriores.indice

),

evaluados as (

    select
        puntos.indicador,
        puntos.compromiso,
        puntos.ejercicio,
        puntos.trimestre,
        puntos.indice,
        puntos.fecha_corte,
        puntos.inicio,
        puntos.vence,
        puntos.operador,
        puntos.meta,
        en_corte.numerador,
        en_corte.denominador,
        al_vencer.numerador as numerador_al_vencimiento,
        al_vencer.denominador as denominador_al_vencimiento,
        {{ valor_de('en_corte.numerador', 'en_corte.denominador') }} as valor,
        {{ valor_de('al_vencer.numerador', 'al_vencer.denominador') }} as valor_al_vencimiento,
        {{ cumple_meta('en_corte.numerador', 'en_corte.denominador', 'puntos.operador', 'puntos.meta') }} as cumple,
        {{ cumple_meta('al_vencer.numerador', 'al_vencer.denominador', 'puntos.operador', 'puntos.meta') }}
            as cumple_al_vencimiento,
        fuentes_entregadas.indicador is null or recepcion.ultima <= por_confirmar.ultimo_dia as provisional
    from puntos
    cross join recepcion
    inner join trimestres as por_confirmar on puntos.indice_por_confirmar = por_confirmar.indice
    inner join valores as en_corte
        on
            puntos.indicador = en_corte.indicador
            and puntos.ejercicio = en_corte.ejercicio
            and puntos.indice = en_corte.estado_indice
            and puntos.fecha_corte = en_corte.dia
    left join valores as al_vencer
        on
            puntos.indicador = al_vencer.indicador
            and puntos.ejercicio = al_vencer.ejercicio
            and puntos.indice_vence = al_vencer.estado_indice
            and puntos.vence = al_vencer.dia
            and puntos.fecha_corte >= puntos.vence
    left join fuentes_entregadas
        on
            puntos.indicador = fuentes_entregadas.indicador
            and puntos.indice_por_confirmar = fuentes_entregadas.indice

),

con_estado as (

    select
        *,
        {{ juicio_de_meta() }}
    from evaluados

)

select * from con_estado
