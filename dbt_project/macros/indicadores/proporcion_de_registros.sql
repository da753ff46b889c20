{#
  Share of rows: rows dated in the year by the day, and of those the ones that meet a condition (MBH-1, MBH-4, MBH-5).
  Emits the CTEs from hechos to valores.
#}
{% macro proporcion_de_registros(indicador, filas, llave, fecha, condicion, lectura=none) -%}
hechos as (

    select
        cast(extract(year from {{ fecha }}) as integer) as ejercicio,
        vigente_desde,
        vigente_hasta,
        {{ fecha }} as fecha_denominador,
        case when {{ condicion }} then {{ fecha }} end as fecha_numerador,
        cast(null as date) as fecha_hasta,
        {{ procedencia(llave) }}
    from {{ filas }}

),

{{ valores_por_conteo(indicador, lectura=lectura) }}
{%- endmacro %}
