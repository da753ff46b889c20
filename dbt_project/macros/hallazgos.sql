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

{# The models that look for findings; some look at an export that another plan has not. #}
{% macro hallazgos_del_plan() %}
    {%- set modelos = ['de_fechas', 'de_partes', 'de_referencias', 'de_columnas_fijas', 'de_lugares', 'del_plan'] -%}
    {%- do modelos.append('de_bitacora') if pamga_leon.se_entrega('variables_datos_abiertos') -%}
    {%- do modelos.append('de_edades') if pamga_leon.se_entrega('integrantes_cabildo') -%}
    {{ return(modelos) }}
{% endmacro %}

{# The columns of a finding, and of nothing that was found: where a plan's contracts give nothing to look at. #}
{% macro columnas_de_hallazgo() -%}
    {{ return(['tipo', 'export', 'dependencia', 'trimestre', 'version', 'fila', 'llave', 'columna', 'detalle']) }}
{%- endmacro %}

{% macro ningun_hallazgo() -%}
    {{ ninguna_fila(columnas_de_hallazgo()) }}
{%- endmacro %}

{# A date or number inside a sentence. #}
{% macro dicho(columna) -%}
    coalesce(cast({{ columna }} as {{ dbt.type_string() }}), 'vacío')
{%- endmacro %}

{# A text with what the plan says in its places: the municipality, its key, the ages of whom the plan calls young. #}
{% macro con_palabras_del_plan(texto) -%}
    {%- set edades = pamga_leon.jovenes().desde ~ ' a ' ~ pamga_leon.jovenes().hasta -%}
    {%- set palabras = {'municipio': pamga_leon.municipio(), 'clave': pamga_leon.clave_del_municipio(), 'jovenes': edades} -%}
    {%- set dicho = namespace(texto=texto) -%}
    {%- for lugar, palabra in palabras.items() -%}
        {%- set dicho.texto = 'replace(' ~ dicho.texto ~ ", '{" ~ lugar ~ "}', '" ~ palabra | replace("'", "''") ~ "')" -%}
    {%- endfor -%}
    {{ dicho.texto }}
{%- endmacro %}
