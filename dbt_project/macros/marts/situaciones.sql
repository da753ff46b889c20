{#
  The state of an export as it was known on the day of the cut-off: `hechos` names, for each column with the day of something done, that
  day where it had come by then. Emits the CTEs from filas to hasta_el_corte.
#}
{% macro estado_hasta_el_corte(export, hechos) -%}
filas as (

    select * from {{ ref('int_' ~ export ~ '_vigente') }}

),

corte as (

    select * from {{ ref('int_corte') }}

),

hasta_el_corte as (

    select
        filas.*,
        {% for columna, hecho in hechos.items() -%}
        case when filas.{{ columna }} <= corte.fecha_corte then filas.{{ columna }} end as {{ hecho }},
        {% endfor -%}
        corte.fecha_corte
    from filas
    cross join corte

)
{%- endmacro %}

{# Days from a due day to the day it was done; never negative, empty when either is. #}
{% macro dias_de_retraso(limite, hecho) -%}
    case
        when {{ hecho }} > {{ limite }} then {{ dbt.datediff(limite, hecho, 'day') }}
        when {{ hecho }} <= {{ limite }} then 0
    end
{%- endmacro %}

{# Something planned for a day: done, still to come, or not done although its day has passed. `genero`: o or a. #}
{% macro situacion_programada(programada, hecha, corte, genero) -%}
    case
        when {{ hecha }} is not null then 'realizad{{ genero }}'
        when {{ programada }} < {{ corte }} then 'no_realizad{{ genero }}'
        else 'programad{{ genero }}'
    end
{%- endmacro %}

{# Something promised for a day: done in time, done late, still to come (the day included), overdue. #}
{% macro situacion_comprometida(programada, hecha, corte, hecho, pendiente, atrasado) -%}
    case
        when {{ hecha }} > {{ programada }} then '{{ hecho }}_con_retraso'
        when {{ hecha }} is not null then '{{ hecho }}_en_tiempo'
        when {{ programada }} < {{ corte }} then '{{ atrasado }}'
        else '{{ pendiente }}'
    end
{%- endmacro %}

{# Half-years since year 0, so that two days of one half-year have the same number. #}
{% macro semestre_de(fecha) -%}
    (2 * extract(year from {{ fecha }}) + case when extract(month from {{ fecha }}) <= 6 then 0 else 1 end)
{%- endmacro %}

{# How many values a list joined by `;` holds. #}
{% macro elementos_de_lista(lista) -%}
    cast(coalesce(length({{ lista }}) - length(replace({{ lista }}, ';', '')) + 1, 0) as bigint)
{%- endmacro %}

{# Part of a hundred in double precision; empty when there is nothing to divide by. #}
{% macro porcentaje(parte, total) -%}
    cast(100 as {{ tipo_doble() }}) * {{ parte }} / nullif({{ total }}, 0)
{%- endmacro %}

{# Money, surfaces and measurements: the lake's decimal. #}
{% macro tipo_decimal() -%} decimal(20, 6) {%- endmacro %}

{# Whether an age is young, in the plan's sense; unknown where the age is. #}
{% macro es_joven(edad) -%}
    {{ edad }} between {{ pamga_leon.jovenes().desde }} and {{ pamga_leon.jovenes().hasta }}
{%- endmacro %}

{# Age groups of published tables and the last age of each (rules.md, "Personal data"). #}
{% macro grupos_de_edad() %}
    {{ return({'0-17': 17, '18-30': 30, '31-45': 45, '46-60': 60, '61+': none, 'sin_dato': none}) }}
{% endmacro %}

{% macro grupo_de_edad(edad) -%}
    case
        when {{ edad }} is null then 'sin_dato'
        {% for grupo, hasta in pamga_leon.grupos_de_edad().items() if hasta -%}
        when {{ edad }} <= {{ hasta }} then '{{ grupo }}'
        {% endfor -%}
        else '61+'
    end
{%- endmacro %}

{# A column of given values, one row each. #}
{% macro lista_de_valores(valores, columna) -%}
    {% for valor in valores -%}
    select '{{ valor }}' as {{ columna }}
    {%- if not loop.last %}
    union all
    {% endif -%}
    {% endfor %}
{%- endmacro %}
