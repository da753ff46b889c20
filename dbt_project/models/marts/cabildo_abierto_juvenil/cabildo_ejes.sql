{% set contadas = {
    'sesiones_programadas': "de = 'sesiones'",
    'sesiones_realizadas': "de = 'sesiones' and hecha",
    'mesas_programadas': "de = 'mesas'",
    'mesas_realizadas': "de = 'mesas' and hecha",
    'propuestas_politica_publica': "tipo = 'politica_publica'",
    'propuestas_reforma_reglamentaria': "tipo = 'reforma_reglamentaria'",
    'propuestas_entregadas': "de = 'propuestas' and hecha",
} %}

with

contados as (

    {% for de in ['sesiones', 'mesas', 'propuestas'] %}
        select
            '{{ de }}' as de,
            ejercicio,
            eje,
            cast({{ 'tipo' if de == 'propuestas' else 'null' }} as {{ dbt.type_string() }}) as tipo,
            {{ 'entregada' if de == 'propuestas' else 'fecha_realizada is not null' }} as hecha,
            fecha_corte
        from {{ ref('cabildo_' ~ de) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

por_eje as (

    select
        ejercicio,
        eje,
        {% for columna, condicion in contadas.items() -%}
            count(case when {{ condicion }} then 1 end) as {{ columna }},
        {% endfor -%}
        max(fecha_corte) as fecha_corte
    from contados
    group by 1, 2

)

select * from por_eje
order by ejercicio, eje
