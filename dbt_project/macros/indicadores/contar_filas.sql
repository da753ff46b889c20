{# How many facts count below and above at each point, by group. Emits the CTE conteos. #}
{% macro ctes_de_filas(reglas) -%}
dias as (

    select * from {{ ref('int_dias_de_evaluacion') }}

),

por_dia as (

    select
        indicador,
        lectura,
        ejercicio,
        vigente_desde,
        vigente_hasta,
        fecha_hasta,
        fecha_denominador,
        fecha_numerador,
        grupo,
        count(*) as filas
    from (
        {{ hechos_contados(reglas) }}
    ) as hechos
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9

),

por_dia_de_evaluacion as (

    select
        por_dia.indicador,
        por_dia.lectura,
        por_dia.ejercicio,
        por_dia.vigente_desde,
        por_dia.vigente_hasta,
        por_dia.fecha_hasta,
        dias_denominador.dia_evaluacion as dia_denominador,
        dias_numerador.dia_evaluacion as dia_numerador,
        por_dia.grupo,
        sum(por_dia.filas) as filas
    from por_dia
    left join dias as dias_denominador
        on {{ dia_desde_inicio('por_dia.fecha_denominador') }} = dias_denominador.fecha
    left join dias as dias_numerador
        on {{ dia_desde_inicio('por_dia.fecha_numerador') }} = dias_numerador.fecha
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9

),

conteos as (

    select
        puntos.indicador,
        puntos.lectura,
        puntos.ejercicio,
        puntos.estado_indice,
        puntos.dia,
        hechos.grupo,
        cast(coalesce(sum(case when hechos.dia_numerador <= puntos.dia then hechos.filas else 0 end), 0) as bigint) as filas_numerador,
        cast(coalesce(sum(case when hechos.dia_denominador <= puntos.dia then hechos.filas else 0 end), 0) as bigint) as filas_denominador
    from puntos
    left join por_dia_de_evaluacion as hechos
        on
            puntos.indicador = hechos.indicador
            and puntos.lectura = hechos.lectura
            and puntos.ejercicio = hechos.ejercicio
            and puntos.estado_indice >= hechos.vigente_desde
            and puntos.estado_indice < hechos.vigente_hasta
            and (hechos.fecha_hasta is null or puntos.dia <= hechos.fecha_hasta)
    where {{ es_de(reglas, 'puntos') }}
    group by 1, 2, 3, 4, 5, 6

)
{%- endmacro %}

{# Quarter of the first standing delivery by a responsible office: from then on a value of Sí or No is 1 of 1 or 0 of 1. 
   Emits the CTE entregados. #}
{% macro ctes_de_entregados(reglas) -%}
entregados as (

    select
        responsables.indicador,
        min(entregas.indice) as indice
    from {{ ref('stg_entregas') }} as entregas
    inner join {{ ref('matriz_responsables') }} as responsables on entregas.dependencia = responsables.dependencia
    where
        entregas.vigente
        and (
            {% for regla in reglas -%}
            {% if not loop.first %}or {% endif %}(responsables.indicador = '{{ regla.indicador }}' and entregas.export = '{{ regla.export }}')
            {% endfor %}
        )
    group by 1

)
{%- endmacro %}
