{% for exportacion in pamga_leon.exportaciones() %}
    select
        '{{ exportacion.export }}' as export,
        vigente_desde,
        vigente_hasta
    from {{ ref('int_' ~ exportacion.export ~ '_versiones') }}
    where vigente_hasta <= vigente_desde
    {% if not loop.last %}union all{% endif %}
{% endfor %}
