{#
  Distinct people, however many of their rows count (PP-4; PP-1 read as people). Each point has a bit; a row's mask says at which
  points it counts. A person's mask is the union of the masks of their rows, so that one pass over the rows serves every quarter.
  `arriba` and `abajo`: when an attendance of a workshop held on talleres.fecha_realizada counts in the numerator and in the
  denominator of a point of metas.ejercicio, with metas.inicio and metas.vence; `condicion`: what an attendance must be to count above.
  Needs the CTE talleres. Attendances are read where they are used: a CTE with two readers would be kept in memory whole.
  Emits the CTEs from metas to valores, without hechos.
#}
{% macro personas_distintas(indicador, arriba, abajo, condicion='true', lectura=none) -%}
{{ metas_de(indicador, lectura) }},

{{ puntos_de(indicador, lectura) }},

puntos_con_bit as (

    select
        puntos.*,
        metas.inicio,
        metas.vence,
        cast(
            power(2, row_number() over (order by puntos.ejercicio, puntos.estado_indice, puntos.dia) - 1) as {{ dbt.type_bigint() }}
        ) as bit
    from puntos
    inner join metas on puntos.ejercicio = metas.ejercicio

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
        cast(coalesce(sum(case when {{ arriba }} then metas.bit end), 0) as {{ dbt.type_bigint() }}) as mascara_arriba,
        cast(coalesce(sum(case when {{ abajo }} then metas.bit end), 0) as {{ dbt.type_bigint() }}) as mascara_abajo
    from talleres
    inner join puntos_con_bit as metas
        on
            talleres.vigente_desde <= metas.estado_indice
            and talleres.vigente_hasta > metas.estado_indice
            and talleres.fecha_realizada <= metas.dia
            and (({{ arriba }}) or ({{ abajo }}))
    inner join intervalos
        on
            metas.estado_indice >= intervalos.primero
            and metas.estado_indice < intervalos.despues
    group by 1, 2, 3

),

asistencias as (

    select
        asistencia_talleres.asistente_id,
        case when {{ condicion }} then mascaras.mascara_arriba end as mascara_arriba,
        mascaras.mascara_abajo
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
        coalesce({{ union_de_bits('mascara_arriba') }}, 0) as mascara_arriba,
        {{ union_de_bits('mascara_abajo') }} as mascara_abajo
    from asistencias
    group by 1

),

grupos as (

    select
        mascara_arriba,
        mascara_abajo,
        count(*) as personas
    from personas
    group by 1, 2

),

valores as (

    select
        puntos_con_bit.indicador,
        puntos_con_bit.ejercicio,
        puntos_con_bit.estado_indice,
        puntos_con_bit.dia,
        cast(
            coalesce(
                sum(case when {{ bits_comunes('grupos.mascara_arriba', 'puntos_con_bit.bit') }} != 0 then grupos.personas end), 0
            ) as bigint
        ) as numerador,
        cast(
            coalesce(
                sum(case when {{ bits_comunes('grupos.mascara_abajo', 'puntos_con_bit.bit') }} != 0 then grupos.personas end), 0
            ) as bigint
        ) as denominador
    from puntos_con_bit
    left join grupos on true
    group by 1, 2, 3, 4

)
{%- endmacro %}
