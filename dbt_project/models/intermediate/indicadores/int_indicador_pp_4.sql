-- Distinct people. Each point has a bit; a row's mask says at which points it counts. A person's mask is the union of the
-- masks of their rows, so that one pass over the rows serves every quarter. Attendances are read where they are used: a CTE
-- with two readers would be kept in memory whole.
with

talleres as (

    select * from {{ ref('int_talleres_versiones') }}
    where fecha_realizada is not null

),

puntos as (

    select
        *,
        cast(
            power(2, row_number() over (order by ejercicio, estado_indice, dia) - 1) as {{ dbt.type_bigint() }}
        ) as bit
    from {{ ref('int_puntos_de_evaluacion') }}
    where indicador = 'PP-4'

),

-- the rows that count, for `pamga explain`
hechos as (

    select
        cast(extract(year from talleres.fecha_realizada) as integer) as ejercicio,
        {{ mayor_de('asistencia_talleres.vigente_desde', 'talleres.vigente_desde') }} as vigente_desde,
        {{ menor_de('asistencia_talleres.vigente_hasta', 'talleres.vigente_hasta') }} as vigente_hasta,
        talleres.fecha_realizada as fecha_denominador,
        case when asistencia_talleres.edad between 18 and 30 then talleres.fecha_realizada end as fecha_numerador,
        cast(null as date) as fecha_hasta,
        asistencia_talleres.asistente_id as llave,
        asistencia_talleres.entrega_dependencia,
        asistencia_talleres.entrega_trimestre,
        asistencia_talleres.entrega_version,
        asistencia_talleres.fila
    from {{ ref('int_asistencia_talleres_versiones') }} as asistencia_talleres
    inner join talleres
        on
            asistencia_talleres.taller_id = talleres.taller_id
            and asistencia_talleres.vigente_desde < talleres.vigente_hasta
            and talleres.vigente_desde < asistencia_talleres.vigente_hasta

),

-- The part of an interval that lies in the plan's twelve quarters is what meets the points. So few are possible that they are
-- all listed, and the rows need not be read to know them.
limites as (

    select cast(2025 * 4 + numerados.generated_number - 1 as integer) as indice
    from ({{ dbt.generate_series(13) }}) as numerados

),

intervalos as (

    select
        primeros.indice as primero,
        despues.indice as despues
    from limites as primeros
    inner join limites as despues on primeros.indice < despues.indice

),

-- the versions of a workshop stand at different quarters: no bit is added twice
mascaras as (

    select
        talleres.taller_id,
        intervalos.primero,
        intervalos.despues,
        cast(sum(puntos.bit) as {{ dbt.type_bigint() }}) as mascara
    from talleres
    inner join puntos
        on
            extract(year from talleres.fecha_realizada) = puntos.ejercicio
            and talleres.vigente_desde <= puntos.estado_indice
            and talleres.vigente_hasta > puntos.estado_indice
            and talleres.fecha_realizada <= puntos.dia
    inner join intervalos
        on
            puntos.estado_indice >= intervalos.primero
            and puntos.estado_indice < intervalos.despues
    group by 1, 2, 3

),

asistencias as (

    select
        asistencia_talleres.asistente_id,
        asistencia_talleres.edad,
        mascaras.mascara
    from {{ ref('int_asistencia_talleres_versiones') }} as asistencia_talleres
    inner join mascaras
        on
            asistencia_talleres.taller_id = mascaras.taller_id
            and {{ mayor_de('asistencia_talleres.vigente_desde', '2025 * 4') }} = mascaras.primero
            and {{ menor_de('asistencia_talleres.vigente_hasta', '2028 * 4') }} = mascaras.despues

),

personas as (

    select
        asistente_id,
        {{ union_de_bits('mascara') }} as mascara,
        coalesce({{ union_de_bits('case when edad between 18 and 30 then mascara end') }}, 0) as mascara_joven
    from asistencias
    group by 1

),

grupos as (

    select
        mascara,
        mascara_joven,
        count(*) as personas
    from personas
    group by 1, 2

),

valores as (

    select
        puntos.indicador,
        puntos.ejercicio,
        puntos.estado_indice,
        puntos.dia,
        cast(
            coalesce(
                sum(case when {{ bits_comunes('grupos.mascara_joven', 'puntos.bit') }} != 0 then grupos.personas end), 0
            ) as bigint
        ) as numerador,
        cast(
            coalesce(
                sum(case when {{ bits_comunes('grupos.mascara', 'puntos.bit') }} != 0 then grupos.personas end), 0
            ) as bigint
        ) as denominador
    from puntos
    left join grupos on true
    group by 1, 2, 3, 4

)

select * from valores
