{#
Texts by or about people (rules.md, "Personal data"): shown only where a person marked the row publishable. Ingest already leaves out the
others; what was landed before it did is left out here, so that no model downstream can hold such a text.
#}

{% macro texto_moderado(columna) -%}
    case when publicable then {{ columna }} end as {{ columna }}
{%- endmacro %}

{#- Why it is not shown; null when it is, or when there was none. -#}
{% macro texto_reservado(columna) -%}
    case
        when {{ columna }} is not null and not coalesce(publicable, false) then 'sin_autorizacion'
        else {{ columna }}_reservado
    end as {{ columna }}_reservado
{%- endmacro %}
