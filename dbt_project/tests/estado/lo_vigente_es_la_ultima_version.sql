{% for exportacion in pamga_leon.exportaciones() %}
    select '{{ exportacion.export }}' as export
    from {{ ref('int_' ~ exportacion.export ~ '_vigente') }}
    where vigente_hasta != {{ sin_fin() }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
