-- What the map counts, by colonia and hexagon: few rows, whatever the size of the lake.
{% set cosas = [
    {'cosa': 'eventos', 'export': 'eventos_mbh', 'hecho': 'fecha'},
    {'cosa': 'talleres', 'export': 'talleres', 'hecho': 'fecha_realizada'},
    {'cosa': 'proyectos', 'export': 'proyectos_pp', 'solo': 'financiado', 'suma': 'monto_mxn'},
    {'cosa': 'areas_verdes', 'export': 'areas_verdes', 'suma': 'superficie_m2'},
    {'cosa': 'tianguis', 'export': 'tianguis'},
] %}

with

acuerdos as (

    select * from {{ ref('int_acuerdos_con_plazo') }}

),

corte as (

    select * from {{ ref('int_corte') }}

),

contados as (

    select
        colonia_id,
        hexagono,
        situacion as cosa,
        count(*) as cuantos,
        cast(null as {{ tipo_decimal() }}) as monto_mxn,
        cast(null as {{ tipo_decimal() }}) as superficie_m2
    from acuerdos
    group by 1, 2, 3
    {% for de in cosas %}
        union all
        select
            lugares.colonia_id,
            lugares.hexagono,
            '{{ de.cosa }}' as cosa,
            count(*) as cuantos,
            cast({{ 'sum(filas.monto_mxn)' if de.suma == 'monto_mxn' else 'null' }} as {{ tipo_decimal() }}) as monto_mxn,
            cast({{ 'sum(filas.superficie_m2)' if de.suma == 'superficie_m2' else 'null' }} as {{ tipo_decimal() }}) as superficie_m2
        from {{ ref('int_' ~ de.export ~ '_vigente') }} as filas
        {% if de.hecho %}inner join corte on filas.{{ de.hecho }} <= corte.fecha_corte{% endif %}
        {{ unir_lugar('filas', de.export, 'inner') }}
        {% if de.solo %}where filas.{{ de.solo }}{% endif %}
        group by 1, 2
    {% endfor %}

)

select * from contados
