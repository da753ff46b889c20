{# Double precision: dbt's type_float is single precision on some engines. #}
{% macro tipo_doble() -%}
    {{ return(adapter.dispatch('tipo_doble', 'pamga_leon')()) }}
{%- endmacro %}

{% macro default__tipo_doble() -%} double {%- endmacro %}
