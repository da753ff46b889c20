{# Whether a value meets its target, in whole numbers (rules.md: `100 * numerador op meta * denominador`). A null value never does. #}
{% macro cumple_meta(numerador, denominador, operador, meta) -%}
    (
        coalesce({{ denominador }}, 0) > 0
        and case {{ operador }}
            when '>' then 100 * {{ numerador }} > {{ meta }} * {{ denominador }}
            else 100 * {{ numerador }} >= {{ meta }} * {{ denominador }}
        end
    )
{%- endmacro %}

{# The value: 100 * numerador / denominador in double precision, unrounded; null when the denominator is 0. #}
{% macro valor_de(numerador, denominador) -%}
    case
        when {{ denominador }} > 0
            then cast(100 * {{ numerador }} as {{ tipo_doble() }}) / cast({{ denominador }} as {{ tipo_doble() }})
    end
{%- endmacro %}

{#
  The verdict on a target at a quarter (rules.md, "Status at a quarter") from fecha_corte, inicio, vence, the counts, the values and whether
  they meet, at the cut-off and on the due day. From the due day on a target is judged once, by the value of that day: `juzgado_el` and the
  columns `_juzgado` hold what stands beside the verdict on every surface; the value at the cut-off is then called "hoy".
#}
{% macro juicio_de_meta() -%}
    case when fecha_corte >= vence then vence else fecha_corte end as juzgado_el,
    {% for cifra in ['numerador', 'denominador', 'valor'] -%}
    case when fecha_corte >= vence then {{ cifra }}_al_vencimiento else {{ cifra }} end as {{ cifra }}_juzgado,
    {% endfor -%}
    case
        when fecha_corte < vence
            then case
                when cumple then 'en_meta'
                when fecha_corte < inicio then 'no_iniciada'
                when valor is null then 'sin_datos'
                else 'en_proceso'
            end
        when cumple_al_vencimiento then 'cumplida'
        when cumple then 'cumplida_con_retraso'
        when valor is null and valor_al_vencimiento is null then 'sin_datos'
        else 'incumplida'
    end as estado
{%- endmacro %}

{# The value that a published status was given for: of a due target the one of the due day. #}
{% macro valor_juzgado_de(estado, al_vencimiento, valor) -%}
    case
        when {{ estado }} in ('cumplida', 'cumplida_con_retraso', 'incumplida') then {{ al_vencimiento }}
        else {{ valor }}
    end
{%- endmacro %}

{# What a status says of its target: two readings differ when these do. What is under way, not begun or without data says nothing yet. #}
{% macro sentido_de_estado(estado) -%}
    case
        when {{ estado }} in ('cumplida', 'en_meta') then 'cumple'
        when {{ estado }} = 'cumplida_con_retraso' then 'cumple_tarde'
        when {{ estado }} = 'incumplida' then 'no_cumple'
        else 'abierta'
    end
{%- endmacro %}

{#
  The verdict on every target at every quarter. `puntos`: a CTE of targets by quarter (indicador, lectura, ejercicio, inicio, vence,
  indice_vence, operador, meta, trimestre, indice, fecha_corte and `columnas` of its own); `valores`: their counts at every point.
  Emits the CTEs evaluadas and con_estado.
#}
{% macro juzgar(puntos, valores, columnas) -%}
evaluadas as (

    select
        {% for columna in ['indicador', 'ejercicio', 'trimestre', 'indice', 'fecha_corte', 'inicio', 'vence', 'operador', 'meta'] + columnas -%}
        puntos.{{ columna }},
        {% endfor -%}
        en_corte.numerador,
        en_corte.denominador,
        al_vencer.numerador as numerador_al_vencimiento,
        al_vencer.denominador as denominador_al_vencimiento,
        {{ valor_de('en_corte.numerador', 'en_corte.denominador') }} as valor,
        {{ valor_de('al_vencer.numerador', 'al_vencer.denominador') }} as valor_al_vencimiento,
        {{ cumple_meta('en_corte.numerador', 'en_corte.denominador', 'puntos.operador', 'puntos.meta') }} as cumple,
        {{ cumple_meta('al_vencer.numerador', 'al_vencer.denominador', 'puntos.operador', 'puntos.meta') }} as cumple_al_vencimiento
    from {{ puntos }} as puntos
    inner join {{ valores }} as en_corte
        on
            puntos.indicador = en_corte.indicador
            and puntos.lectura = en_corte.lectura
            and puntos.ejercicio = en_corte.ejercicio
            and puntos.indice = en_corte.estado_indice
            and puntos.fecha_corte = en_corte.dia
    left join {{ valores }} as al_vencer
        on
            puntos.indicador = al_vencer.indicador
            and puntos.lectura = al_vencer.lectura
            and puntos.ejercicio = al_vencer.ejercicio
            and puntos.indice_vence = al_vencer.estado_indice
            and puntos.vence = al_vencer.dia
            and puntos.fecha_corte >= puntos.vence

),

con_estado as (

    select
        *,
        {{ juicio_de_meta() }}
    from evaluadas

)
{%- endmacro %}
