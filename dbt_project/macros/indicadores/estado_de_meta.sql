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
