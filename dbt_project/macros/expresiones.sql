{#
  No row of these columns: what a loop over the contracts leaves where a plan has none of the kind. Texts, but for a delivery's
  numbers and `tipos`.
#}
{% macro ninguna_fila(columnas, tipos={}) -%}
    {%- set numeros = {'version': 'integer', 'entrega_version': 'integer', 'fila': 'bigint', 'indice': 'bigint'} -%}
    select
        {% for columna in columnas -%}
        cast(null as {{ tipos.get(columna) or numeros.get(columna) or dbt.type_string() }}) as {{ columna }}{{ ',' if not loop.last }}
        {% endfor -%}
    where false
{%- endmacro %}

{# Whether a list joined by `;` holds a value; `valor` is an SQL expression. Lists come canonical from ingest. #}
{% macro lista_contiene(lista, valor) -%}
    {{ dbt.position(dbt.concat(["';'", valor, "';'"]), dbt.concat(["';'", lista, "';'"])) }} > 0
{%- endmacro %}

{# 1 January of a year given as a number. #}
{% macro primer_dia_del_anio(anio) -%}
    cast({{ dbt.concat(["cast(" ~ anio ~ " as " ~ dbt.type_string() ~ ")", "'-01-01'"]) }} as date)
{%- endmacro %}

{# Months of a periodicidad (rules.md, "Updates"). #}
{% macro meses_de_periodicidad(columna) -%}
    case {{ columna }}
        when 'mensual' then 1
        when 'bimestral' then 2
        when 'trimestral' then 3
        when 'semestral' then 6
        when 'anual' then 12
    end
{%- endmacro %}

{# Folded as categories are: no accents, lower case, blanks and hyphens as one underscore. #}
{% macro plegado(columna) -%}
    {{ cambiar_patron(sin_acentos("lower(" ~ sin_blancos_alrededor(columna) ~ ")"), "[ _-]+", "_") }}
{%- endmacro %}

{# Whether a receiving body is the Ayuntamiento or one of its commissions (plan, section 6.C); false when it is empty. #}
{% macro es_ayuntamiento_o_comision(instancia) -%}
    (
        {{ dbt.position("'ayuntamiento'", "coalesce(" ~ plegado(instancia) ~ ", '')") }} > 0
        or {{ dbt.position("'comision'", "coalesce(" ~ plegado(instancia) ~ ", '')") }} > 0
    )
{%- endmacro %}

{# Larger and smaller of two values that are never null. #}
{% macro mayor_de(una, otra) -%}
    case when {{ una }} >= {{ otra }} then {{ una }} else {{ otra }} end
{%- endmacro %}

{% macro menor_de(una, otra) -%}
    case when {{ una }} <= {{ otra }} then {{ una }} else {{ otra }} end
{%- endmacro %}

{# Whether two values differ, null being equal to null. #}
{% macro distinto(uno, otro) -%}
    case when {{ uno }} = {{ otro }} or ({{ uno }} is null and {{ otro }} is null) then false else true end
{%- endmacro %}
