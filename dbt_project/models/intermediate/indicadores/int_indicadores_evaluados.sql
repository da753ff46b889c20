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
        '' as lectura,
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
    left join anteriores using (indicador, ejercicio, indice)

),

provisionales as (

    select
        puntos.*,
        fuentes_entregadas.indicador is null or recepcion.ultima <= por_confirmar.ultimo_dia as provisional
    from puntos
    cross join recepcion
    inner join trimestres as por_confirmar on puntos.indice_por_confirmar = por_confirmar.indice
    left join fuentes_entregadas
        on
            puntos.indicador = fuentes_entregadas.indicador
            and puntos.indice_por_confirmar = fuentes_entregadas.indice

),

{{ juzgar('provisionales', 'valores', ['compromiso', 'provisional']) }}

select * from con_estado
