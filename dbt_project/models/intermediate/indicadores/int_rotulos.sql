{{ config(materialized='view') }}
-- What each delivered row that may be shown is about, in the words of whoever delivered it (the matrix's `se_muestran`).
{%- set muestran = pamga_leon.se_muestran() %}
with

rotulos as (

    {% for export in pamga_leon.reglas_que_se_muestran() | map(attribute='export') | unique | sort -%}
    {% if not loop.first %}union all{% endif %}
    select
        '{{ export }}' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version,
        fila,
        {% set partes = [] -%}
        {%- for columna in muestran[export] -%}
            {%- set texto = 'cast(' ~ columna ~ ' as ' ~ dbt.type_string() ~ ')' -%}
            {%- do partes.append("coalesce(" ~ (texto if loop.first else dbt.concat(["' · '", texto])) ~ ", '')") -%}
        {%- endfor -%}
        min({{ dbt.concat(partes) if partes | length > 1 else partes[0] }}) as de_que_trata
    from {{ ref('int_' ~ export ~ '_versiones') }}
    group by 1, 2, 3, 4, 5
    {% endfor %}

)

select * from rotulos
