with

clases as (select * from {{ ref('clases_de_hallazgo') }}),

hallazgos as (

    {% for hallados in ['de_fechas', 'de_partes', 'de_referencias', 'de_columnas_fijas', 'de_lugares', 'de_bitacora', 'del_plan'] %}
        select * from {{ ref('int_hallazgos_' ~ hallados) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

final as (

    select
        hallazgos.tipo,
        clases.titulo,
        clases.bloquea,
        hallazgos.export,
        hallazgos.dependencia,
        hallazgos.trimestre,
        hallazgos.version,
        hallazgos.fila,
        hallazgos.llave,
        hallazgos.columna,
        hallazgos.detalle,
        clases.remedio
    from hallazgos
    inner join clases on hallazgos.tipo = clases.tipo

)

select * from final
order by tipo, export, dependencia, trimestre, version, fila nulls last, llave nulls last, columna nulls last
