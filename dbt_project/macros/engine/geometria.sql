{# A point as WKB, empty when either coordinate is: DuckDB's own geometry type, elsewhere the functions of SQL/MM. Spark has neither: what
   a point is written of are the bits of its coordinates, the smallest byte first. #}
{% macro punto(longitud, latitud) -%}
    {{ return(adapter.dispatch('punto', 'pamga_leon')(longitud, latitud)) }}
{%- endmacro %}

{% macro default__punto(longitud, latitud) -%}
    st_asbinary(st_point({{ longitud }}, {{ latitud }}))
{%- endmacro %}

{% macro duckdb__punto(longitud, latitud) -%}
    cast(st_aswkb(cast('POINT(' || {{ longitud }} || ' ' || {{ latitud }} || ')' as geometry)) as blob)
{%- endmacro %}

{% macro spark__punto(longitud, latitud) -%}
    unhex({{ dbt.concat(["'0101000000'", bits_de_doble(longitud), bits_de_doble(latitud)]) }})
{%- endmacro %}

{% macro bits_de_doble(numero) -%}
    case
        when {{ numero }} is not null then lpad(hex(cast(
            reflect('java.lang.Long', 'reverseBytes', cast(reflect('java.lang.Double', 'doubleToRawLongBits', {{ numero }}) as bigint))
            as bigint
        )), 16, '0')
    end
{%- endmacro %}
