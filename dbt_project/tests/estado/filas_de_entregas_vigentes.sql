with

filas as (

    {% for exportacion in pamga_leon.exportaciones() %}
        select distinct
            '{{ exportacion.export }}' as export,
            entrega_dependencia,
            entrega_trimestre,
            entrega_version
        from {{ ref('stg_' ~ exportacion.export) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

entregas as (

    select * from {{ ref('stg_entregas') }}
    where vigente

)

select filas.*
from filas
left join entregas
    on
        filas.export = entregas.export
        and filas.entrega_dependencia = entregas.dependencia
        and filas.entrega_trimestre = entregas.trimestre
        and filas.entrega_version = entregas.version
where entregas.export is null
