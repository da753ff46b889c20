{# A double as a decimal with so many places. DuckDB rounds the double times a power of ten, to which it adds a billionth; others round the
   number that the double is written as. #}
{% macro a_decimal(valor, decimales) -%}
    {{ return(adapter.dispatch('a_decimal', 'pamga_leon')(valor, decimales)) }}
{%- endmacro %}

{% macro default__a_decimal(valor, decimales) -%}
    cast({{ valor }} as decimal(18, {{ decimales }}))
{%- endmacro %}

{% macro spark__a_decimal(valor, decimales) -%}
    cast(
        cast(rint({{ valor }} * 1e{{ decimales }} + 1e-9 * sign({{ valor }})) as decimal(18, 0)) * {{ '%.*f' | format(decimales, 10 ** (-decimales)) }}bd
        as decimal(18, {{ decimales }})
    )
{%- endmacro %}

{# A double rounded to so many places, halves away from zero: by the double times a power of ten, not by the number as it is written. #}
{% macro redondeado(valor, decimales=0) -%}
    {{ return(adapter.dispatch('redondeado', 'pamga_leon')(valor, decimales)) }}
{%- endmacro %}

{% macro default__redondeado(valor, decimales) -%}
    round({{ valor }}{% if decimales %}, {{ decimales }}{% endif %})
{%- endmacro %}

{% macro spark__redondeado(valor, decimales) -%}
    round({{ valor }}{% if decimales %} * 1e{{ decimales }}{% endif %}){% if decimales %} / 1e{{ decimales }}{% endif %}
{%- endmacro %}
