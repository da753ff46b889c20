with

tianguis as (

    select * from {{ ref('int_tianguis_vigente') }}

),

lugares as (

    select * from {{ ref('int_lugares') }}
    where export = 'tianguis'

),

dias as (

    {% for dia in ['lunes', 'martes', 'miercoles', 'jueves', 'viernes', 'sabado', 'domingo'] %}
    select
        '{{ dia }}' as dia,
        '%{{ dia[:3] }}%' as patron,
        {{ loop.index }} as numero_dia
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

tramos as (

    select
        tianguis.nombre,
        coalesce(lugares.colonia_id, -1) as colonia_id,
        coalesce(lugares.colonia, 'Sin ubicar') as colonia,
        {{ plegado("coalesce(tianguis.dia, '')") }} as dias_escritos
    from tianguis
    {{ unir_lugar('tianguis') }}

),

-- "DOMINGO Y MIERC" is two days
por_dia as (

    select
        tramos.colonia_id,
        tramos.colonia,
        coalesce(dias.dia, 'sin_dato') as dia,
        coalesce(dias.numero_dia, 8) as numero_dia,
        tramos.nombre
    from tramos
    left join dias on tramos.dias_escritos like dias.patron

),

contados as (

    select
        colonia_id,
        colonia,
        dia,
        cast(numero_dia as bigint) as numero_dia,
        count(distinct nombre) as tianguis,
        count(*) as tramos
    from por_dia
    group by 1, 2, 3, 4

)

select * from contados
order by colonia_id, dia
