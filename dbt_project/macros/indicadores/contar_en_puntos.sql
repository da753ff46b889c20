{#
  How an indicator is counted (rules.md, "Value of an indicator").

  A *punto* is a state (the quarter as of which rows are read) and a day d: (indicador, ejercicio, estado_indice, dia).
  A *hecho* is a version of a row that may count: in the state of the quarters [vigente_desde, vigente_hasta) it counts in
  the denominator from fecha_denominador on and in the numerator from fecha_numerador on (null: never), through
  fecha_hasta where the rule has an end (null: no end).

  Every indicator model has a CTE `hechos` with these columns, and with llave and the delivery's columns, so that
  `pamga explain` can show the very rows that counted.
#}

{# First day of the plan. Rows of earlier days count at every point; no point lies before it. #}
{% macro inicio_del_plan() -%} cast('2025-01-01' as date) {%- endmacro %}

{# The columns that say which delivered row a hecho is. #}
{% macro procedencia(llave) -%}
    {{ llave }} as llave, entrega_dependencia, entrega_trimestre, entrega_version, fila
{%- endmacro %}

{# Later of two days, null when one is null: a thing is done when both parts of it are. #}
{% macro cuando_ambas(una, otra) -%}
    case when {{ una }} >= {{ otra }} then {{ una }} when {{ otra }} > {{ una }} then {{ otra }} end
{%- endmacro %}

{#
  Where an indicator is evaluated. `lectura`: a reading of the plan other than the one followed (matriz/indicadores.yaml, `lecturas`);
  it may have other days. Emits the CTE puntos.
#}
{% macro puntos_de(indicador, lectura=none) -%}
puntos as (

    {% if lectura is none -%}
    select * from {{ ref('int_puntos_de_evaluacion') }}
    where indicador = '{{ indicador }}'
    {%- else -%}
    select
        indicador,
        ejercicio,
        estado_indice,
        dia
    from {{ ref('int_puntos_de_lecturas') }}
    where indicador = '{{ indicador }}' and lectura = '{{ lectura }}'
    {%- endif %}

)
{%- endmacro %}

{# The targets of an indicator, of a reading when one is given. Emits the CTE metas (ejercicio, inicio, vence). #}
{% macro metas_de(indicador, lectura=none) -%}
metas as (

    select
        ejercicio,
        inicio,
        vence
    from {{ ref('matriz_metas' if lectura is none else 'matriz_lecturas_metas') }}
    where indicador = '{{ indicador }}'{% if lectura is not none %} and lectura = '{{ lectura }}'{% endif %}

)
{%- endmacro %}

{#
  Collapses hechos to counts by (ejercicio, interval, days from which they count), those to counts by the first point's day from
  which they count, and only then joins the few points: one pass over the rows, whatever the number of quarters. `hechos` may be
  counted already, `filas` then sums the counts. `grupo`: a column of hechos by which they are counted apart. Emits the CTEs puntos, dias, por_dia, conteos and conteos_en_puntos
  (indicador, ejercicio, estado_indice, dia, filas_numerador, filas_denominador).
#}
{% macro contar_en_puntos(indicador, hechos='hechos', filas='count(*)', lectura=none, grupo=none) -%}
{{ puntos_de(indicador, lectura) }},

dias as (

    select * from {{ ref('int_dias_de_evaluacion') }}

),

por_dia as (

    select
        ejercicio,
        vigente_desde,
        vigente_hasta,
        fecha_hasta,
        fecha_denominador,
        fecha_numerador,
        {%- if grupo %}
        {{ grupo }},
        {%- endif %}
        {{ filas }} as filas
    from {{ hechos }}
    group by 1, 2, 3, 4, 5, 6{{ ', 7' if grupo }}

),

conteos as (

    select
        por_dia.ejercicio,
        por_dia.vigente_desde,
        por_dia.vigente_hasta,
        por_dia.fecha_hasta,
        dias_denominador.dia_evaluacion as dia_denominador,
        dias_numerador.dia_evaluacion as dia_numerador,
        {%- if grupo %}
        por_dia.{{ grupo }},
        {%- endif %}
        sum(por_dia.filas) as filas
    from por_dia
    left join dias as dias_denominador
        on {{ dia_desde_inicio('por_dia.fecha_denominador') }} = dias_denominador.fecha
    left join dias as dias_numerador
        on {{ dia_desde_inicio('por_dia.fecha_numerador') }} = dias_numerador.fecha
    group by 1, 2, 3, 4, 5, 6{{ ', 7' if grupo }}

),

conteos_en_puntos as (

    select
        puntos.indicador,
        puntos.ejercicio,
        puntos.estado_indice,
        puntos.dia,
        {%- if grupo %}
        conteos.{{ grupo }},
        {%- endif %}
        cast(coalesce(sum(case when conteos.dia_numerador <= puntos.dia then conteos.filas else 0 end), 0) as bigint)
            as filas_numerador,
        cast(coalesce(sum(case when conteos.dia_denominador <= puntos.dia then conteos.filas else 0 end), 0) as bigint)
            as filas_denominador
    from puntos
    left join conteos
        on
            puntos.ejercicio = conteos.ejercicio
            and puntos.estado_indice >= conteos.vigente_desde
            and puntos.estado_indice < conteos.vigente_hasta
            and (conteos.fecha_hasta is null or puntos.dia <= conteos.fecha_hasta)
    group by 1, 2, 3, 4{{ ', 5' if grupo }}

)
{%- endmacro %}

{# Days before the plan are all evaluated with its first point. #}
{% macro dia_desde_inicio(fecha) -%}
    case when {{ fecha }} < {{ inicio_del_plan() }} then {{ inicio_del_plan() }} else {{ fecha }} end
{%- endmacro %}

{# Numerator and denominator are rows: done of planned, share of rows, ratio of years. Emits the CTE valores. #}
{% macro valores_por_conteo(indicador, hechos='hechos', filas='count(*)', lectura=none) -%}
{{ contar_en_puntos(indicador, hechos, filas, lectura) }},

valores as (

    select
        indicador,
        ejercicio,
        estado_indice,
        dia,
        filas_numerador as numerador,
        filas_denominador as denominador
    from conteos_en_puntos

)
{%- endmacro %}

{#
  Groups that reach a share of their own: denominator the groups with rows, numerator those of them whose rows reach `umbral` per cent.
  Emits the CTE valores.
#}
{% macro grupos_que_alcanzan(indicador, grupo, umbral, lectura=none) -%}
{{ contar_en_puntos(indicador, lectura=lectura, grupo=grupo) }},

valores as (

    select
        indicador,
        ejercicio,
        estado_indice,
        dia,
        cast(
            count(case when filas_denominador > 0 and 100 * filas_numerador >= {{ umbral }} * filas_denominador then 1 end) as bigint
        ) as numerador,
        cast(count(case when filas_denominador > 0 then 1 end) as bigint) as denominador
    from conteos_en_puntos
    group by 1, 2, 3, 4

)
{%- endmacro %}
