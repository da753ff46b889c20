{# Text without accents: DuckDB has a function, elsewhere the letters of Spanish are translated. #}
{% macro sin_acentos(texto) -%}
    {{ return(adapter.dispatch('sin_acentos', 'pamga_leon')(texto)) }}
{%- endmacro %}

{% macro default__sin_acentos(texto) -%}
    translate({{ texto }}, 'áéíóúüñÁÉÍÓÚÜÑ', 'aeiouunAEIOUUN')
{%- endmacro %}

{% macro duckdb__sin_acentos(texto) -%}
    strip_accents({{ texto }})
{%- endmacro %}

{# Every match of a pattern replaced: DuckDB wants a flag for that. #}
{% macro cambiar_patron(texto, patron, por) -%}
    {{ return(adapter.dispatch('cambiar_patron', 'pamga_leon')(texto, patron, por)) }}
{%- endmacro %}

{% macro default__cambiar_patron(texto, patron, por) -%}
    regexp_replace({{ texto }}, '{{ patron }}', '{{ por }}')
{%- endmacro %}

{% macro duckdb__cambiar_patron(texto, patron, por) -%}
    regexp_replace({{ texto }}, '{{ patron }}', '{{ por }}', 'g')
{%- endmacro %}
