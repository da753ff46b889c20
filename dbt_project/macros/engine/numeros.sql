{# A double as a decimal with so many places, halves away from zero: of the double times a power of ten, not of the number as it is
   written (1.005 times 100 is less than 100.5). #}
{% macro a_decimal(valor, decimales) -%}
    {{ return(adapter.dispatch('a_decimal', 'pamga_leon')(valor, decimales)) }}
{%- endmacro %}

{% macro default__a_decimal(valor, decimales) -%}
    cast({{ valor }} as decimal(18, {{ decimales }}))
{%- endmacro %}

{% macro spark__a_decimal(valor, decimales) -%}
    cast(
        cast(round({{ valor }} * 1e{{ decimales }}) as decimal(18, 0)) * {{ '%.*f' | format(decimales, 10 ** (-decimales)) }}bd
        as decimal(18, {{ decimales }})
    )
{%- endmacro %}

{# A double rounded to so many places, likewise. #}
{% macro redondeado(valor, decimales=0) -%}
    {{ return(adapter.dispatch('redondeado', 'pamga_leon')(valor, decimales)) }}
{%- endmacro %}

{% macro default__redondeado(valor, decimales) -%}
    round({{ valor }}{% if decimales %}, {{ decimales }}{% endif %})
{%- endmacro %}

{% macro spark__redondeado(valor, decimales) -%}
    round({{ valor }}{% if decimales %} * 1e{{ decimales }}{% endif %}){% if decimales %} / 1e{{ decimales }}{% endif %}
{%- endmacro %}
