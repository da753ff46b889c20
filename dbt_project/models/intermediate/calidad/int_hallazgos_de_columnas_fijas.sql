{# A key delivered again with another value in a column that never changes: the office restarted its numbering. #}
{% set fijas = [
    ('talleres', 'taller_id', 'fecha_programada'), ('eventos_mbh', 'evento_id', 'fecha'), ('acuerdos', 'acuerdo_id', 'fecha_acuerdo'),
] %}

with

{% for export, llave, columna in fijas %}
    {{ export }}_en_orden as (

        select
            *,
            lag({{ columna }}) over (partition by {{ llave }} order by entrega_indice) as valor_anterior
        from {{ ref('stg_' ~ export) }}
        where not coalesce(baja, false)

    ),

    {{ export }} as (

        select
        {{ hallazgo(
            'columna_fija_cambiada', export, llave, columna,
            dbt.concat(["'antes " ~ columna ~ " era '", dicho('valor_anterior'), "' y ahora es '", dicho(columna)])
        ) }}
        from {{ export }}_en_orden
        where {{ columna }} != valor_anterior

    ),

{% endfor %}
final as (

    {% for export, _, _ in fijas %}
        select * from {{ export }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select * from final
