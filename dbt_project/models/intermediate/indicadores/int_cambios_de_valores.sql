-- Every published state of a figure, and what this run would publish, in the order of releases, each beside the one before.
-- The ledger is kept with the lake, so the history survives a rebuild of the warehouse. What moves while its quarter runs is no
-- restatement (rules.md, "Provisional and closing releases"): a change counts once a release before it had judged the quarter as of its
-- last day.
with

releases as (

    select
        release,
        orden,
        codigo,
        lag(codigo) over (order by orden) as codigo_anterior,
        max(corte) over (order by orden rows between unbounded preceding and 1 preceding) as corte_anterior
    from {{ ref('stg_insumos_release') }}
    group by release, orden, codigo, corte

),

-- the last quarter that a release before had judged as of its last day
con_terminado as (

    select
        *,
        {{ indice_de_fecha('cast(' ~ dbt.dateadd('day', 1, 'corte_anterior') ~ ' as date)') }} - 1 as indice_terminado
    from releases

),

libro as (

    select
        libro.release,
        coalesce(releases.orden, 0) as orden,
        libro.indicador,
        libro.ejercicio,
        libro.trimestre,
        libro.valor,
        libro.valor_al_vencimiento,
        libro.estado
    from {{ ref('stg_libro_valores') }} as libro
    left join releases on libro.release = releases.release

),

actuales as (

    select
        corrida.release,
        coalesce(releases.orden, 1) as orden,
        evaluados.indicador,
        evaluados.ejercicio,
        evaluados.trimestre,
        evaluados.valor,
        evaluados.valor_al_vencimiento,
        evaluados.estado
    from {{ ref('int_indicadores_evaluados') }} as evaluados
    cross join {{ ref('stg_corrida') }} as corrida
    left join releases on corrida.release = releases.release

),

serie as (

    select * from libro
    union all
    select * from actuales

),

con_anterior as (

    select
        *,
        row_number() over (partition by indicador, ejercicio, trimestre order by orden) as paso,
        row_number() over (partition by indicador, ejercicio, trimestre order by orden desc) as paso_desde_el_final,
        lag(valor) over (partition by indicador, ejercicio, trimestre order by orden) as valor_anterior,
        lag(valor_al_vencimiento) over (partition by indicador, ejercicio, trimestre order by orden)
            as valor_al_vencimiento_anterior,
        lag(estado) over (partition by indicador, ejercicio, trimestre order by orden) as estado_anterior
    from serie

),

cambios as (

    select
        con_anterior.*,
        {{ distinto('releases.codigo', 'releases.codigo_anterior') }} as cambio_de_metodo,
        con_anterior.paso > 1
        and coalesce(releases.indice_terminado >= {{ indice_de_trimestre('con_anterior.trimestre') }}, true)
        and (
            {{ distinto('con_anterior.valor', 'con_anterior.valor_anterior') }}
            or {{ distinto('con_anterior.valor_al_vencimiento', 'con_anterior.valor_al_vencimiento_anterior') }}
            or {{ distinto('con_anterior.estado', 'con_anterior.estado_anterior') }}
        ) as cambio
    from con_anterior
    left join con_terminado as releases on con_anterior.release = releases.release

)

select * from cambios
