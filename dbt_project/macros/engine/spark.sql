{#
  How a relation is written on Spark, instead of the adapter's own materializations: in one statement, as Parquet, into a catalogue that a
  build starts from nothing (warehouse/spark). The columns of a contract are cast to its types. Its constraints are held where the
  tables come back to: Spark knows none on Parquet.
#}

{% materialization view, adapter='spark' %}
    {%- set relacion = this.incorporate(type='view') -%}
    {% call statement('main') -%}
        create or replace view {{ relacion }} as
        {{ sql }}
    {%- endcall %}
    {{ return({'relations': [relacion]}) }}
{% endmaterialization %}

{% materialization table, adapter='spark' %}
    {%- set relacion = this.incorporate(type='table') -%}
    {%- set columnas = [] -%}
    {%- if config.get('contract').enforced -%}
        {%- for columna in model.columns.values() -%}
            {%- do columnas.append('cast(' ~ columna.name ~ ' as ' ~ tipo_en_spark(columna.data_type) ~ ') as ' ~ columna.name) -%}
        {%- endfor -%}
    {%- endif -%}
    {% call statement('borrar') -%} drop table if exists {{ relacion }} {%- endcall %}
    {% call statement('main') -%}
        create table {{ relacion }} using parquet as
        select {{ columnas | join(', ') or '*' }} from (
            {{ sql }}
        ) as filas
    {%- endcall %}
    {{ return({'relations': [relacion]}) }}
{% endmaterialization %}

{# Contracts name types as DuckDB does. #}
{% macro tipo_en_spark(tipo) -%}
    {{ return({'varchar': 'string', 'blob': 'binary'}.get(tipo, tipo)) }}
{%- endmacro %}

{# dbt's macros of dates, where the adapter's give a time of day or another type than elsewhere, and of lists, where it forgets the
   order. #}

{% macro spark__dateadd(datepart, interval, from_date_or_timestamp) -%}
    {%- set meses = {'month': 1, 'quarter': 3, 'year': 12} -%}
    {%- if datepart in meses -%}
        add_months({{ from_date_or_timestamp }}, cast({{ meses[datepart] }} * ({{ interval }}) as int))
    {%- else -%}
        date_add({{ from_date_or_timestamp }}, cast({{ {'day': 1, 'week': 7}[datepart] }} * ({{ interval }}) as int))
    {%- endif -%}
{%- endmacro %}

{% macro spark__datediff(first_date, second_date, datepart) -%}
    {%- if datepart != 'day' -%}{%- do exceptions.raise_compiler_error('datediff: only days are used') -%}{%- endif -%}
    cast(datediff({{ second_date }}, {{ first_date }}) as bigint)
{%- endmacro %}

{% macro spark__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    listagg({{ measure }}, {{ delimiter_text }}) within group ({{ order_by_clause }})
{%- endmacro %}
