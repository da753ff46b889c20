{# Parts that add up to more than the whole that the same row states. #}
{% set conteos = [('eventos_mbh', 'evento_id'), ('sesiones_escuela', 'sesion_id'), ('mesas_trabajo', 'mesa_id')] %}

{% for export, llave in conteos %}
    select
        {{ hallazgo(
            'partes_mayores_que_el_total', export, llave, 'asistentes',
            dbt.concat(["'mujeres '", dicho('mujeres'), "' y hombres '", dicho('hombres'), "' de asistentes '", dicho('asistentes')])
        ) }}
    from {{ ref('int_' ~ export ~ '_vigente') }}
    where coalesce(mujeres, 0) + coalesce(hombres, 0) > asistentes
    {% if not loop.last %}union all{% endif %}
{% endfor %}
