{#
  Who took a key away that other exports refer to: a row with `baja`, a newer version of a delivery that no longer holds it, a newer
  whole layer without it. One row per export and key, the last to take it away.
#}
{% set referidos = pamga_leon.referidas() %}

with

entregas as (

    select * from {{ ref('stg_entregas') }}
    where vigente

),

bajas as (

    {% for export, clave, completa in referidos if not completa %}
        select
            '{{ export }}' as export,
            cast({{ clave }} as {{ dbt.type_string() }}) as clave,
            entrega_dependencia as dependencia,
            entrega_trimestre as trimestre,
            entrega_version as version,
            fila
        from {{ ref('stg_' ~ export) }}
        where baja
        {% if not loop.last %}union all{% endif %}
    {% else %}
        {{ ninguna_fila(['export', 'clave', 'dependencia', 'trimestre', 'version', 'fila']) }}
    {% endfor %}

),

versiones_nuevas as (

    select
        antes.export,
        antes.clave,
        entregas.dependencia,
        entregas.trimestre,
        entregas.version,
        cast(null as bigint) as fila
    from {{ ref('stg_claves_no_vigentes') }} as antes
    inner join entregas
        on
            antes.export = entregas.export
            and antes.dependencia = entregas.dependencia
            and antes.trimestre = entregas.trimestre
            and antes.version < entregas.version

),

capas as (

    {% for export, clave, completa in referidos if completa %}
        select
            '{{ export }}' as export,
            cast(antes.{{ clave }} as {{ dbt.type_string() }}) as clave,
            entregas.dependencia,
            entregas.trimestre,
            entregas.version,
            cast(null as bigint) as fila
        from {{ ref('stg_' ~ export) }} as antes
        inner join entregas
            on
                entregas.export = '{{ export }}'
                and antes.entrega_indice < entregas.indice
        {% if not loop.last %}union all{% endif %}
    {% else %}
        {{ ninguna_fila(['export', 'clave', 'dependencia', 'trimestre', 'version', 'fila']) }}
    {% endfor %}

),

todas as (

    select * from bajas
    union all
    select * from versiones_nuevas
    union all
    select * from capas

),

fechadas as (

    select
        todas.*,
        entregas.received_on,
        row_number() over (
            partition by todas.export, todas.clave
            order by entregas.received_on desc, todas.trimestre desc, todas.dependencia asc, todas.fila asc nulls last
        ) as orden
    from todas
    inner join entregas using (export, dependencia, trimestre, version)

),

final as (

    select
        export,
        clave,
        dependencia,
        trimestre,
        version,
        fila,
        received_on
    from fechadas
    where orden = 1

)

select * from final
