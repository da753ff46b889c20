with

tianguis as (

    select * from {{ ref('int_tianguis_vigente') }}

),

dias as (

    {% for dia in ['lunes', 'martes', 'miercoles', 'jueves', 'viernes', 'sabado', 'domingo'] %}
        select
            '{{ dia }}' as dia,
            {{ loop.index }} as numero
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
    {{ unir_lugar('tianguis', 'tianguis') }}

),

-- "DOMINGO Y MIERC" is two days
por_dia as (

    select
        tramos.colonia_id,
        tramos.colonia,
        coalesce(dias.dia, 'sin_dato') as dia,
        cast(coalesce(dias.numero, 8) as bigint) as numero_dia,
        tramos.nombre
    from tramos
    left join dias on {{ dbt.position('substring(dias.dia, 1, 3)', 'tramos.dias_escritos') }} > 0

),

contados as (

    select
        colonia_id,
        colonia,
        dia,
        numero_dia,
        count(distinct nombre) as tianguis,
        count(*) as tramos
    from por_dia
    group by 1, 2, 3, 4

)

select * from contados
order by colonia_id, dia
