{# Integer division: DuckDB's `//`, Spark's `div`. #}
{% macro entero_entre(dividendo, divisor) -%}
    {{ return(adapter.dispatch('entero_entre', 'pamga_leon')(dividendo, divisor)) }}
{%- endmacro %}

{% macro default__entero_entre(dividendo, divisor) -%}
    floor({{ dividendo }} / {{ divisor }})
{%- endmacro %}

{% macro duckdb__entero_entre(dividendo, divisor) -%}
    ({{ dividendo }} // {{ divisor }})
{%- endmacro %}

{% macro spark__entero_entre(dividendo, divisor) -%}
    ({{ dividendo }} div {{ divisor }})
{%- endmacro %}
