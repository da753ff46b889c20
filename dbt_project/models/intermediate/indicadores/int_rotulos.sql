{{ config(materialized='view') }}
-- What each delivered row that may be shown is about, in the words of whoever delivered it (the matrix's `se_muestran`).
with

rotulos as (

    {% for export in pamga_leon.reglas_que_se_muestran() | map(attribute='export') | unique | sort %}
        {% if not loop.first %}union all{% endif %}
        select
            '{{ export }}' as export,
            entrega_dependencia,
            entrega_trimestre,
            entrega_version,
            fila,
            {{ rotulo_de(pamga_leon.se_muestran()[export]) }} as de_que_trata
        from {{ ref('stg_' ~ export) }}
    {% else %}
        {{ ninguna_fila(['export', 'entrega_dependencia', 'entrega_trimestre', 'entrega_version', 'fila', 'de_que_trata']) }}
    {% endfor %}

)

select * from rotulos
