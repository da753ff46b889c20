{# Join the rows of an export in a CTE to their place, as `lugares`: by what they say of it, so that of millions of rows only the
   distinct places need be held. #}
{% macro unir_lugar(filas, export, tipo='left') -%}
    {{ tipo }} join {{ ref('int_lugares') }} as lugares
        on
            lugares.export = '{{ export }}'
            {%- for columna in pamga_leon.columnas_de_lugar(export) %}
            and {{ filas }}.{{ columna }} is not distinct from lugares.{{ 'nombre' if columna == 'colonia' else columna }}
            {%- endfor %}
{%- endmacro %}

{# The columns of an export that say where a row is. #}
{% macro columnas_de_lugar(export) -%}
    {{ return((pamga_leon.exportaciones() | selectattr('export', 'equalto', export) | first).lugar) }}
{%- endmacro %}

{# Columns that add up int_cifras_por_lugar. #}
{% macro cifras_de_lugar() -%}
    {%- set situaciones = ['finalizado_en_plazo', 'finalizado_con_retraso', 'en_plazo', 'vencido'] -%}
    {% for cosa in ['eventos', 'talleres', 'proyectos', 'areas_verdes', 'tianguis'] + situaciones -%}
    sum(case when cosa = '{{ cosa }}' then cuantos else 0 end) as {{ cosa }},
    {% endfor -%}
    sum(monto_mxn) as monto_mxn,
    sum(superficie_m2) as superficie_verde_m2
{%- endmacro %}

{# The same, as the marts of the territory show them; a place without anything has zeros. #}
{% macro cifras_presentadas(cifras) -%}
    {%- set finalizados = cifras ~ '.finalizado_en_plazo + ' ~ cifras ~ '.finalizado_con_retraso' -%}
    {%- set abiertos = cifras ~ '.en_plazo + ' ~ cifras ~ '.vencido' -%}
    cast(coalesce({{ cifras }}.eventos, 0) as bigint) as eventos,
    cast(coalesce({{ finalizados }} + {{ abiertos }}, 0) as bigint) as acuerdos,
    cast(coalesce({{ finalizados }}, 0) as bigint) as acuerdos_finalizados,
    cast(coalesce({{ abiertos }}, 0) as bigint) as acuerdos_abiertos,
    cast(coalesce({{ cifras }}.vencido, 0) as bigint) as acuerdos_vencidos,
    {{ porcentaje('(' ~ cifras ~ '.finalizado_en_plazo + ' ~ cifras ~ '.en_plazo)', '(' ~ finalizados ~ ' + ' ~ abiertos ~ ')') }}
        as porcentaje_en_plazo,
    cast(coalesce({{ cifras }}.talleres, 0) as bigint) as talleres,
    cast(coalesce({{ cifras }}.proyectos, 0) as bigint) as proyectos,
    cast(coalesce({{ cifras }}.monto_mxn, 0) as {{ tipo_decimal() }}) as monto_mxn,
    cast(coalesce({{ cifras }}.areas_verdes, 0) as bigint) as areas_verdes,
    cast(coalesce({{ cifras }}.superficie_verde_m2, 0) as {{ tipo_decimal() }}) as superficie_verde_m2,
    cast(coalesce({{ cifras }}.tianguis, 0) as bigint) as tianguis
{%- endmacro %}

{# The columns that cifras_presentadas gives, of a CTE that has them. #}
{% macro cifras_del_mapa(territorio) -%}
    {% for cifra in [
        'eventos', 'acuerdos', 'acuerdos_finalizados', 'acuerdos_abiertos', 'acuerdos_vencidos', 'porcentaje_en_plazo', 'talleres',
        'proyectos', 'monto_mxn', 'areas_verdes', 'superficie_verde_m2', 'tianguis',
    ] -%}
    {{ territorio }}.{{ cifra }}{% if not loop.last %},
    {% endif %}
    {%- endfor %}
{%- endmacro %}
