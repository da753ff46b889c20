{# What the same row says twice and not alike: parts that add up to more than the whole, an average above its maximum. #}
{% set conteos = [('eventos_mbh', 'evento_id'), ('sesiones_escuela', 'sesion_id'), ('mesas_trabajo', 'mesa_id')] %}
{% set buscados = [] %}
{% for export, llave in conteos %}
    {% set detalle = dbt.concat(["'mujeres '", dicho('mujeres'), "' y hombres '", dicho('hombres'), "' de asistentes '", dicho('asistentes')]) %}
    {% do buscados.append((
        'partes_mayores_que_el_total', export, llave, 'asistentes', detalle, 'coalesce(mujeres, 0) + coalesce(hombres, 0) > asistentes'
    )) %}
{% endfor %}
{% set detalle = dbt.concat(["'promedio '", dicho('promedio'), "' y máximo '", dicho('maximo')]) %}
{% do buscados.append(('promedio_mayor_que_el_maximo', 'mediciones_aire', 'estacion_id', 'promedio', detalle, 'promedio > maximo')) %}

{% for tipo, export, llave, columna, detalle, condicion in buscados if pamga_leon.se_entrega(export) %}
    select
        {{ hallazgo(tipo, export, llave, columna, detalle) }}
    from {{ ref('int_' ~ export ~ '_vigente') }}
    where {{ condicion }}
    {% if not loop.last %}union all{% endif %}
{% else %}
    {{ ningun_hallazgo() }}
{% endfor %}
