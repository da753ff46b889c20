{#
  How a relation is written on DuckDB, instead of the adapter's own materializations: under its name, in one statement.

  The adapter's build a relation under another name, rename it and drop the one before, with a look at the catalog for each
  step: on a warehouse that is made once, from scratch, in a file that nobody reads yet, that was more work than the
  models themselves. Contracts, hooks and a relation that was of the other kind work as in the adapter's.
#}

{% materialization view, adapter='duckdb' %}
    {%- set relacion = this.incorporate(type='view') -%}
    {% do quitar_si_es_de_otro_tipo(relacion) %}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main', auto_begin=False) -%}
        create or replace view {{ relacion }} as (
            {{ sql }}
        )
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [relacion]}) }}
{% endmaterialization %}

{# A contract's columns are declared before the rows come, in one transaction: DuckDB knows no constraints in `create table as`. #}
{% materialization table, adapter='duckdb' %}
    {%- set relacion = this.incorporate(type='table') -%}
    {%- set sql = calculado_en_spark(relacion) or sql -%}
    {% do quitar_si_es_de_otro_tipo(relacion) %}
    {{ run_hooks(pre_hooks) }}
    {% if config.get('contract').enforced %}
        {% do get_assert_columns_equivalent(sql) %}
        {% call statement('main') -%}
            create or replace table {{ relacion }} {{ get_table_columns_and_constraints() }};
            insert into {{ relacion }} by name (
                {{ sql }}
            )
        {%- endcall %}
        {% do adapter.commit() %}
    {% else %}
        {% call statement('main', auto_begin=False) -%}
            create or replace table {{ relacion }} as (
                {{ sql }}
            )
        {%- endcall %}
    {% endif %}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [relacion]}) }}
{% endmaterialization %}

{# What Spark computed of this very table, where it does (warehouse/spark): its files in their order, which is that of the rows. Sorted by
   that order although they come in it: a sort gives the table as full row groups as the model's own rows would, whatever the sizes of
   the files, and on those hang the bytes of the Parquet file that is made of it. #}
{% macro calculado_en_spark(relacion) %}
    {%- set carpeta = env_var('PAMGA_SPARK_TABLES', '') -%}
    {%- if carpeta -%}
        {%- set archivos = [carpeta, relacion.schema ~ '.db', relacion.identifier, '*.parquet'] | join('/') -%}
        {%- set leidos = "read_parquet('" ~ (archivos | replace("'", "''")) ~ "', hive_partitioning = false)" -%}
        {{ return('select * from ' ~ leidos ~ ' order by file_index, file_row_number') }}
    {%- endif -%}
{% endmacro %}

{# DuckDB does not replace a view by a table, nor the other way round. #}
{% macro quitar_si_es_de_otro_tipo(relacion) %}
    {%- set anterior = load_cached_relation(relacion) -%}
    {% if anterior is not none and anterior.type != relacion.type %}
        {% do adapter.drop_relation(anterior) %}
    {% endif %}
{% endmacro %}
