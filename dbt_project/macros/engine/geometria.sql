{# A point as WKB, empty when either coordinate is: DuckDB's own geometry type, elsewhere the functions of SQL/MM. #}
{% macro punto(longitud, latitud) -%}
    {{ return(adapter.dispatch('punto', 'pamga_leon')(longitud, latitud)) }}
{%- endmacro %}

{% macro default__punto(longitud, latitud) -%}
    st_asbinary(st_point({{ longitud }}, {{ latitud }}))
{%- endmacro %}

{% macro duckdb__punto(longitud, latitud) -%}
    cast(st_aswkb(cast('POINT(' || {{ longitud }} || ' ' || {{ latitud }} || ')' as geometry)) as blob)
{%- endmacro %}

{# A ring written `[[lon,lat],…]` as the WKB of a polygon. #}
{% macro poligono_de_anillo(anillo_json) -%}
    {{ return(adapter.dispatch('poligono_de_anillo', 'pamga_leon')(anillo_json)) }}
{%- endmacro %}

{% macro anillo_en_texto(anillo_json) -%}
    replace(replace(replace(replace({{ anillo_json }}, '],[', '|'), ',', ' '), '|', ','), '[[', '((')
{%- endmacro %}

{% macro default__poligono_de_anillo(anillo_json) -%}
    st_asbinary(st_geomfromtext({{ dbt.concat(["'POLYGON'", "replace(" ~ anillo_en_texto(anillo_json) ~ ", ']]', '))')"]) }}))
{%- endmacro %}

{% macro duckdb__poligono_de_anillo(anillo_json) -%}
    cast(st_aswkb(cast('POLYGON' || replace({{ anillo_en_texto(anillo_json) }}, ']]', '))') as geometry)) as blob)
{%- endmacro %}
