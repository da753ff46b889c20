{#
  Done of planned: of the rows planned for the year, those done by the day (DA-3, PP-2, PP-5, CAJ-5, CAJ-6).
  fecha_programada never counts as empty, whatever the day. `condicion`: what a row must be besides done. `ventana`: which planned
  rows count: `anio` all of the year, `hasta_vence` those of the year planned up to the due day, `inicio_a_vence` those planned
  in the time that the plan measures. Emits the CTEs from metas to valores.
#}
{% macro hecho_de_planeado(indicador, filas, llave, fecha_hecha, condicion='true', ventana='anio', lectura=none) -%}
{% set limites = {
    'hasta_vence': 'filas.fecha_programada <= metas.vence', 'inicio_a_vence': 'filas.fecha_programada between metas.inicio and metas.vence',
} -%}
{{ metas_de(indicador, lectura) }},

hechos as (

    select
        metas.ejercicio,
        filas.vigente_desde,
        filas.vigente_hasta,
        {{ inicio_del_plan() }} as fecha_denominador,
        case when {{ condicion }} then filas.{{ fecha_hecha }} end as fecha_numerador,
        cast(null as date) as fecha_hasta,
        {{ procedencia('filas.' ~ llave) }}
    from {{ filas }} as filas
    inner join metas
        on
            extract(year from filas.fecha_programada) = metas.ejercicio
            {%- if ventana != 'anio' %}
            and {{ limites[ventana] }}
            {%- endif %}

),

{{ valores_por_conteo(indicador, lectura=lectura) }}
{%- endmacro %}

{#
  Phases of a project, never fewer than the plan fixes (DA-1, DA-4): a phase that is not delivered is not done.
  Emits the CTEs from hechos to valores.
#}
{% macro fases_de_proyecto(indicador, filas, proyecto) -%}
hechos as (

    select
        metas.ejercicio,
        filas.vigente_desde,
        filas.vigente_hasta,
        {{ inicio_del_plan() }} as fecha_denominador,
        filas.fecha_completada as fecha_numerador,
        cast(null as date) as fecha_hasta,
        {{ procedencia("filas.fase_id") }}
    from {{ filas }} as filas
    inner join {{ ref('matriz_metas') }} as metas on metas.indicador = '{{ indicador }}'
    where filas.proyecto = '{{ proyecto }}'

),

{{ contar_en_puntos(indicador) }},

valores as (

    select
        conteos_en_puntos.indicador,
        conteos_en_puntos.ejercicio,
        conteos_en_puntos.estado_indice,
        conteos_en_puntos.dia,
        conteos_en_puntos.filas_numerador as numerador,
        {{ mayor_de("conteos_en_puntos.filas_denominador", "matriz.fases_plan") }} as denominador
    from conteos_en_puntos
    inner join {{ ref('matriz_indicadores') }} as matriz on conteos_en_puntos.indicador = matriz.indicador

)
{%- endmacro %}
