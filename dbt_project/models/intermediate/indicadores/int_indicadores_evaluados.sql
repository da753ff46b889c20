-- Value, value on the due day and status of every target at every quarter (rules.md, "Status at a quarter").
with

metas as (

    select * from {{ ref('int_metas') }}

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

    select max(received_on) as ultima
    from {{ ref('stg_entregas') }}
    where vigente

),

evaluados as (

    select
        metas.indicador,
        metas.compromiso,
        metas.ejercicio,
        trimestres.trimestre,
        trimestres.indice,
        trimestres.fecha_corte,
        metas.inicio,
        metas.vence,
        metas.operador,
        metas.meta,
        en_corte.numerador,
        en_corte.denominador,
        al_vencer.numerador as numerador_al_vencimiento,
        al_vencer.denominador as denominador_al_vencimiento,
        {{ valor_de('en_corte.numerador', 'en_corte.denominador') }} as valor,
        {{ valor_de('al_vencer.numerador', 'al_vencer.denominador') }} as valor_al_vencimiento,
        {{ cumple_meta('en_corte.numerador', 'en_corte.denominador', 'metas.operador', 'metas.meta') }} as cumple,
        {{ cumple_meta('al_vencer.numerador', 'al_vencer.denominador', 'metas.operador', 'metas.meta') }}
            as cumple_al_vencimiento,
        fuentes_entregadas.indicador is null or recepcion.ultima <= trimestres.fecha_corte as provisional
    from metas
    cross join trimestres
    cross join recepcion
    inner join valores as en_corte
        on
            metas.indicador = en_corte.indicador
            and metas.ejercicio = en_corte.ejercicio
            and trimestres.indice = en_corte.estado_indice
            and trimestres.fecha_corte = en_corte.dia
    left join valores as al_vencer
        on
            metas.indicador = al_vencer.indicador
            and metas.ejercicio = al_vencer.ejercicio
            and metas.indice_vence = al_vencer.estado_indice
            and metas.vence = al_vencer.dia
            and trimestres.fecha_corte >= metas.vence
    left join fuentes_entregadas
        on metas.indicador = fuentes_entregadas.indicador and trimestres.indice = fuentes_entregadas.indice

),

con_estado as (

    select
        *,
        case
            when fecha_corte < vence
                then case
                    when cumple then 'en_meta'
                    when fecha_corte < inicio then 'no_iniciada'
                    when valor is null then 'sin_datos'
                    else 'en_proceso'
                end
            when cumple_al_vencimiento then 'cumplida'
            when cumple then 'cumplida_con_retraso'
            when valor is null and valor_al_vencimiento is null then 'sin_datos'
            else 'incumplida'
        end as estado
    from evaluados

)

select * from con_estado
