{#
  Behind each figure of the last quarter, the rows that were counted: read from the very facts that were (int_hechos), at the day and in the
  state in which the target is judged. Rows of people are never public (rules.md, "Personal data"): of an export that the matrix does not
  name under `se_muestran`, or whose rows nobody names, each target has one row that says so;
  so has one for which nothing counts yet.

  Nobody reads millions of rows: of each target the first `renglones_por_meta` are shown (dbt_project.yml), those that are missing before the
  others, and every row says of how many they are. They are found on what orders them alone; what they are about is looked up of them alone.
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
    group by 1, 2, 3, 4, 5, 6, 7

),

cuantas as (

    select
        indicador,
        ejercicio,
        count(*) as renglones_contados
    from contadas
    group by 1, 2

),

ordenadas as (

    select
        *,
        row_number() over (
            partition by indicador, ejercicio order by arriba, entrega_trimestre, entrega_dependencia, entrega_version, fila, llave
        ) as orden
    from contadas

),

primeras as (

    select
        ordenadas.*,
        evaluados.export
    from ordenadas
    inner join evaluados
        on
            ordenadas.indicador = evaluados.indicador
            and ordenadas.ejercicio = evaluados.ejercicio
    where ordenadas.orden <= {{ var('renglones_por_meta') }}

),

-- A row counts for several targets, and is about the same in each.
rotulos as (

    select
        rotulos.export,
        rotulos.entrega_dependencia,
        rotulos.entrega_trimestre,
        rotulos.entrega_version,
        rotulos.fila,
        min(rotulos.de_que_trata) as de_que_trata
    from (
        select distinct
            export,
            entrega_dependencia,
            entrega_trimestre,
            entrega_version,
            fila
        from primeras
    ) as distintas
    inner join {{ ref('int_rotulos') }} as rotulos
        on
            distintas.export = rotulos.export
            and distintas.entrega_dependencia = rotulos.entrega_dependencia
            and distintas.entrega_trimestre = rotulos.entrega_trimestre
            and distintas.entrega_version = rotulos.entrega_version
            and distintas.fila = rotulos.fila
    group by 1, 2, 3, 4, 5

),

filas as (

    select
        primeras.*,
        rotulos.de_que_trata
    from primeras
    left join rotulos
        on
            primeras.export = rotulos.export
            and primeras.entrega_dependencia = rotulos.entrega_dependencia
            and primeras.entrega_trimestre = rotulos.entrega_trimestre
            and primeras.entrega_version = rotulos.entrega_version
            and primeras.fila = rotulos.fila

),

-- What each target shows: its rows one by one, or one that says why there are none.
mostradas as (

    select
        indicador,
        ejercicio,
        cast(orden as bigint) as orden,
        llave as renglon,
        case when de_que_trata <> '' then de_que_trata end as de_que_trata,
        case when arriba = 0 then 'falta' when abajo = 0 then 'prueba' else 'cumple' end as cuenta,
        cuenta_desde,
        entrega_dependencia,
        entrega_trimestre,
        cast(entrega_version as bigint) as entrega_version,
        cast(fila as bigint) as fila
    from filas
    union all
    select
        evaluados.indicador,
        evaluados.ejercicio,
        cast(1 as bigint) as orden,
        cast(null as {{ dbt.type_string() }}) as renglon,
        cast(null as {{ dbt.type_string() }}) as de_que_trata,
        case when {{ es_de(visibles, 'evaluados') }} then 'ninguno' else 'reservada' end as cuenta,
        cast(null as date) as cuenta_desde,
        cast(null as {{ dbt.type_string() }}) as entrega_dependencia,
        cast(null as {{ dbt.type_string() }}) as entrega_trimestre,
        cast(null as bigint) as entrega_version,
        cast(null as bigint) as fila
    from evaluados
    where
        not exists (
            select 1 from cuantas
            where cuantas.indicador = evaluados.indicador and cuantas.ejercicio = evaluados.ejercicio
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
        evaluados.trimestre,
        evaluados.juzgado_el,
        mostradas.cuenta,
        mostradas.renglon,
        mostradas.de_que_trata,
        mostradas.cuenta_desde,
        evaluados.export,
        exportaciones.nombre as nombre_export,
        mostradas.entrega_dependencia as dependencia,
        dependencias.nombre as nombre_dependencia,
        mostradas.entrega_trimestre,
        mostradas.entrega_version,
        mostradas.fila,
        cuantas.renglones_contados,
        {{ cuantos_de_cuantos('cuantas.renglones_contados', var('renglones_por_meta'), 'exportaciones.nombre') }} as alcance
    from mostradas
    inner join evaluados
        on
            mostradas.indicador = evaluados.indicador
            and mostradas.ejercicio = evaluados.ejercicio
    inner join exportaciones on evaluados.export = exportaciones.export
    left join cuantas
        on
            mostradas.indicador = cuantas.indicador
            and mostradas.ejercicio = cuantas.ejercicio
    left join dependencias on mostradas.entrega_dependencia = dependencias.dependencia

)

select * from final
order by indicador, ejercicio, orden
