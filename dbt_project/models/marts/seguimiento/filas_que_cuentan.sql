{#
  Behind each figure of the last quarter, the rows that were counted: read from the very facts that were (int_hechos), at the day and in the
  state in which the target is judged. Rows of people are never public (rules.md, "Personal data"): of an export that the matrix does not
  name under `se_muestran`, or whose rows nobody names, each target has one row that says so;
  so has one for which nothing counts yet.
#}
{%- set visibles = pamga_leon.reglas_que_se_muestran() -%}
with

evaluados as (

    select
        evaluados.indicador,
        '' as lectura,
        evaluados.ejercicio,
        evaluados.trimestre,
        evaluados.juzgado_el,
        {{ indice_de_fecha('evaluados.juzgado_el') }} as estado_indice,
        indicadores.filas_de as export
    from {{ ref('int_indicadores_evaluados') }} as evaluados
    inner join {{ ref('int_trimestres') }} as trimestres on evaluados.indice = trimestres.indice
    inner join {{ ref('matriz_indicadores') }} as indicadores on evaluados.indicador = indicadores.indicador
    where trimestres.es_ultimo

),

contadas as (

    select
        evaluados.indicador,
        evaluados.ejercicio,
        evaluados.trimestre,
        evaluados.juzgado_el,
        evaluados.export,
        hechos.llave,
        hechos.entrega_dependencia,
        hechos.entrega_trimestre,
        hechos.entrega_version,
        hechos.fila,
        max(case when hechos.fecha_denominador <= evaluados.juzgado_el then 1 else 0 end) as abajo,
        max(case when hechos.fecha_numerador <= evaluados.juzgado_el then 1 else 0 end) as arriba,
        min(case when hechos.fecha_numerador <= evaluados.juzgado_el then hechos.fecha_numerador end) as cuenta_desde
    from evaluados
    inner join {{ ref('int_hechos') }} as hechos
        on
            evaluados.indicador = hechos.indicador
            and evaluados.ejercicio = hechos.ejercicio
            and evaluados.estado_indice >= hechos.vigente_desde
            and evaluados.estado_indice < hechos.vigente_hasta
    where
        hechos.lectura = ''
        and {{ es_de(visibles, 'hechos') }}
        and (hechos.fecha_hasta is null or hechos.fecha_hasta >= evaluados.juzgado_el)
        and (hechos.fecha_denominador <= evaluados.juzgado_el or hechos.fecha_numerador <= evaluados.juzgado_el)
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10

),

rotulos as (

    select * from {{ ref('int_rotulos') }}

),

filas as (

    select
        contadas.*,
        rotulos.de_que_trata
    from contadas
    left join rotulos
        on
            contadas.export = rotulos.export
            and contadas.entrega_dependencia = rotulos.entrega_dependencia
            and contadas.entrega_trimestre = rotulos.entrega_trimestre
            and contadas.entrega_version = rotulos.entrega_version
            and contadas.fila = rotulos.fila

),

-- What each target shows: its rows one by one, or that they are of people.
mostradas as (

    select
        indicador,
        ejercicio,
        trimestre,
        juzgado_el,
        cast(row_number() over (
            partition by indicador, ejercicio order by arriba, entrega_trimestre, entrega_dependencia, entrega_version, fila, llave
        ) as bigint) as orden,
        llave as renglon,
        case when de_que_trata <> '' then de_que_trata end as de_que_trata,
        case when arriba = 0 then 'falta' when abajo = 0 then 'prueba' else 'cumple' end as cuenta,
        cuenta_desde,
        export,
        entrega_dependencia,
        entrega_trimestre,
        cast(entrega_version as bigint) as entrega_version,
        cast(fila as bigint) as fila
    from filas
    union all
    select
        evaluados.indicador,
        evaluados.ejercicio,
        evaluados.trimestre,
        evaluados.juzgado_el,
        cast(1 as bigint) as orden,
        cast(null as {{ dbt.type_string() }}) as renglon,
        cast(null as {{ dbt.type_string() }}) as de_que_trata,
        case when {{ es_de(visibles, 'evaluados') }} then 'ninguno' else 'reservada' end as cuenta,
        cast(null as date) as cuenta_desde,
        evaluados.export,
        cast(null as {{ dbt.type_string() }}) as entrega_dependencia,
        cast(null as {{ dbt.type_string() }}) as entrega_trimestre,
        cast(null as bigint) as entrega_version,
        cast(null as bigint) as fila
    from evaluados
    where
        not exists (
            select 1 from contadas
            where contadas.indicador = evaluados.indicador and contadas.ejercicio = evaluados.ejercicio
        )

),

dependencias as (

    select * from {{ ref('matriz_dependencias') }}

),

exportaciones as (

    select distinct
        export,
        nombre
    from {{ ref('matriz_exportaciones') }}

),

final as (

    select
        mostradas.indicador,
        cast(mostradas.ejercicio as integer) as ejercicio,
        mostradas.orden,
        mostradas.trimestre,
        mostradas.juzgado_el,
        mostradas.cuenta,
        mostradas.renglon,
        mostradas.de_que_trata,
        mostradas.cuenta_desde,
        mostradas.export,
        exportaciones.nombre as nombre_export,
        mostradas.entrega_dependencia as dependencia,
        dependencias.nombre as nombre_dependencia,
        mostradas.entrega_trimestre,
        mostradas.entrega_version,
        mostradas.fila
    from mostradas
    inner join exportaciones on mostradas.export = exportaciones.export
    left join dependencias on mostradas.entrega_dependencia = dependencias.dependencia

)

select * from final
order by indicador, ejercicio, orden
