-- Value, value on the due day and status that every target would have under every other reading, by the rules of the one that is followed
-- (rules.md, "Status at a quarter"), and whether the verdict would be another.
with

metas as (

    select
        *,
        {{ indice_de_fecha('vence') }} as indice_vence
    from {{ ref('matriz_lecturas_metas') }}

),

trimestres as (

    select * from {{ ref('int_trimestres') }}

),

valores as (

    select * from {{ ref('int_lecturas_valores') }}

),

elegidas as (

    select * from {{ ref('int_indicadores_evaluados') }}

),

evaluadas as (

    select
        metas.indicador,
        metas.lectura,
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
            as cumple_al_vencimiento
    from metas
    cross join trimestres
    inner join valores as en_corte
        on
            metas.indicador = en_corte.indicador
            and metas.lectura = en_corte.lectura
            and metas.ejercicio = en_corte.ejercicio
            and trimestres.indice = en_corte.estado_indice
            and trimestres.fecha_corte = en_corte.dia
    left join valores as al_vencer
        on
            metas.indicador = al_vencer.indicador
            and metas.lectura = al_vencer.lectura
            and metas.ejercicio = al_vencer.ejercicio
            and metas.indice_vence = al_vencer.estado_indice
            and metas.vence = al_vencer.dia
            and trimestres.fecha_corte >= metas.vence

),

con_estado as (

    select
        *,
        {{ juicio_de_meta() }}
    from evaluadas

),

comparadas as (

    select
        con_estado.*,
        elegidas.estado as estado_elegido,
        elegidas.provisional,
        {{ sentido_de_estado('con_estado.estado') }} <> {{ sentido_de_estado('elegidas.estado') }} as difiere
    from con_estado
    inner join elegidas
        on
            con_estado.indicador = elegidas.indicador
            and con_estado.ejercicio = elegidas.ejercicio
            and con_estado.indice = elegidas.indice

)

select * from comparadas
