{# Union of bit masks over rows. #}
{% macro union_de_bits(mascara) -%}
    {{ return(adapter.dispatch('union_de_bits', 'pamga_leon')(mascara)) }}
{%- endmacro %}

{% macro default__union_de_bits(mascara) -%}
    bit_or({{ mascara }})
{%- endmacro %}

{# Bits that two masks share. #}
{% macro bits_comunes(una, otra) -%}
    {{ return(adapter.dispatch('bits_comunes', 'pamga_leon')(una, otra)) }}
{%- endmacro %}

{% macro default__bits_comunes(una, otra) -%}
    ({{ una }} & {{ otra }})
{%- endmacro %}
