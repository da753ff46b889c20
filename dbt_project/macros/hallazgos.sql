{#
  One finding per row of a relation of the state (rules.md, "Rows": what columns say together and references to keys that do not
  exist are findings). Every finding says its delivery and its row, so that the office finds the cell. No column of people
  is ever part of the detail: for exports of people `llave` is left empty by the caller.
#}
{% macro hallazgo(tipo, export, llave, columna, detalle) -%}
    '{{ tipo }}' as tipo,
    '{{ export }}' as export,
    entrega_dependencia as dependencia,
    entrega_trimestre as trimestre,
    entrega_version as version,
    fila,
    cast({{ llave }} as {{ dbt.type_string() }}) as llave,
    '{{ columna }}' as columna,
    {{ detalle }} as detalle
{%- endmacro %}

{# A date or number inside a sentence. #}
{% macro dicho(columna) -%}
    coalesce(cast({{ columna }} as {{ dbt.type_string() }}), 'vacío')
{%- endmacro %}
