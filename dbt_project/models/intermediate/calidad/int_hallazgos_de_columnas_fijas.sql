{#
  A key delivered again with another value in a column that never changes: the office restarted its numbering. It is the fault of the
  delivery that came last, be it of the later quarter or a correction of the earlier one.
#}
{% set fijas = pamga_leon.columnas_fijas() %}

with

entregas as (

    select * from {{ ref('stg_entregas') }}
    where vigente

),

{% for export, clave, llave, columna in fijas %}
    {{ export }}_{{ columna }}_recibidas as (

        select
            filas.*,
            entregas.received_on
        from {{ ref('stg_' ~ export) }} as filas
        inner join entregas
            on
                entregas.export = '{{ export }}'
                and filas.entrega_dependencia = entregas.dependencia
                and filas.entrega_trimestre = entregas.trimestre
                and filas.entrega_version = entregas.version
        where not coalesce(filas.baja, false)

    ),

    {{ export }}_{{ columna }}_en_orden as (

        select
            {{ clave }},
            {{ columna }},
            entrega_dependencia,
            entrega_trimestre,
            entrega_version,
            fila,
            received_on,
            lag({{ columna }}) over por_clave as valor_anterior,
            lag(entrega_dependencia) over por_clave as dependencia_anterior,
            lag(entrega_trimestre) over por_clave as trimestre_anterior,
            lag(entrega_version) over por_clave as version_anterior,
            lag(fila) over por_clave as fila_anterior,
            lag(received_on) over por_clave as recibida_anterior
        from {{ export }}_{{ columna }}_recibidas
        window por_clave as (partition by {{ clave }} order by entrega_indice)

    ),

    {{ export }}_{{ columna }}_cambiadas as (

        select
            {{ clave }},
            {{ columna }},
            valor_anterior,
            case when recibida_anterior > received_on then dependencia_anterior else entrega_dependencia end as entrega_dependencia,
            case when recibida_anterior > received_on then trimestre_anterior else entrega_trimestre end as entrega_trimestre,
            case when recibida_anterior > received_on then version_anterior else entrega_version end as entrega_version,
            case when recibida_anterior > received_on then fila_anterior else fila end as fila,
            row_number() over (
                partition by
                    {{ clave }},
                    case when recibida_anterior > received_on then trimestre_anterior else entrega_trimestre end
                order by entrega_trimestre
            ) as vez
        from {{ export }}_{{ columna }}_en_orden
        where {{ columna }} != valor_anterior

    ),

    {{ export }}_{{ columna }} as (

        select
        {{ hallazgo(
            'columna_fija_cambiada', export, llave, columna,
            dbt.concat(["'antes " ~ columna ~ " era '", dicho('valor_anterior'), "' y después es '", dicho(columna)])
        ) }}
        from {{ export }}_{{ columna }}_cambiadas
        where vez = 1

    ),

{% endfor %}
final as (

    {% for export, _, _, columna in fijas %}
        select * from {{ export }}_{{ columna }}
        {% if not loop.last %}union all{% endif %}
    {% else %}
        {{ ningun_hallazgo() }}
    {% endfor %}

)

select * from final
