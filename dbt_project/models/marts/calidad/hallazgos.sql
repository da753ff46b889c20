with

clases as (select * from {{ ref('clases_de_hallazgo') }}),

hallazgos as (

    {% for hallados in hallazgos_del_plan() %}
        select * from {{ ref('int_hallazgos_' ~ hallados) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

final as (

    select
        hallazgos.tipo,
        {{ con_palabras_del_plan('clases.titulo') }} as titulo,
        clases.bloquea,
        hallazgos.export,
        hallazgos.dependencia,
        hallazgos.trimestre,
        hallazgos.version,
        hallazgos.fila,
        hallazgos.llave,
        hallazgos.columna,
        hallazgos.detalle,
        {{ con_palabras_del_plan('clases.remedio') }} as remedio
    from hallazgos
    inner join clases on hallazgos.tipo = clases.tipo

)

select * from final
order by tipo, export, dependencia, trimestre, version, fila nulls last, llave nulls last, columna nulls last
