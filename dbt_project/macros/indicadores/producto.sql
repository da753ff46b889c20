{#
  Points at which a responsible office of the indicator has a standing delivery of the export: the denominator of the
  qualitative indicators. Emits the CTE entregado (indicador, ejercicio, estado_indice, dia, denominador).
#}
{% macro entregado_en_puntos(indicador, export) -%}
primera_entrega as (

    select min(entregas.indice) as indice
    from {{ ref('stg_entregas') }} as entregas
    inner join {{ ref('matriz_responsables') }} as responsables
        on
            entregas.dependencia = responsables.dependencia
            and responsables.indicador = '{{ indicador }}'
    where entregas.export = '{{ export }}' and entregas.vigente

),

entregado as (

    select
        puntos.*,
        case when primera_entrega.indice <= puntos.estado_indice then 1 else 0 end as denominador
    from puntos
    cross join primera_entrega

)
{%- endmacro %}

{# Whether the bodies that must validate a document (matriz_validadores) are all among those that did. #}
{% macro validado_por_quien_debe(documentos) -%}
    not exists (
        select 1 from {{ ref('matriz_validadores') }} as validadores
        where
            validadores.indicador = {{ documentos }}.indicador
            and not coalesce({{ lista_contiene(documentos ~ '.organos_validadores', 'validadores.organo') }}, false)
    )
{%- endmacro %}

{#
  Product approved and published: a document of the indicator and year, delivered by one of its responsible offices, with
  both dates by the day (DA-2, DA-8, CAJ-1, CAJ-2, CAJ-4, CAJ-7). Where the plan says who validates (matriz_validadores)
  all of them must be among those that approved this very document. A reading may take another day (`fecha`) or any validator.
  Emits the CTEs from hechos to valores.
#}
{% macro producto_aprobado_y_publicado(indicador, fecha=none, con_validadores=true, lectura=none) -%}
hechos as (

    select
        cast(filas.ejercicio as integer) as ejercicio,
        filas.vigente_desde,
        filas.vigente_hasta,
        cast(null as date) as fecha_denominador,
        {% if con_validadores -%}
        case
            when {{ validado_por_quien_debe('filas') }}
                then {{ fecha or cuando_ambas('filas.fecha_validacion', 'filas.fecha_publicacion') }}
        end as fecha_numerador,
        {%- else -%}
        {{ fecha or cuando_ambas('filas.fecha_validacion', 'filas.fecha_publicacion') }} as fecha_numerador,
        {%- endif %}
        cast(null as date) as fecha_hasta,
        {{ procedencia('filas.documento_id') }}
    from {{ ref('int_documentos_versiones') }} as filas
    inner join {{ ref('matriz_responsables') }} as responsables
        on
            filas.indicador = responsables.indicador
            and filas.entrega_dependencia = responsables.dependencia
    where filas.indicador = '{{ indicador }}'

),

{{ contar_en_puntos(indicador, lectura=lectura) }},

{{ entregado_en_puntos(indicador, 'documentos') }},

valores as (

    select
        entregado.indicador,
        entregado.ejercicio,
        entregado.estado_indice,
        entregado.dia,
        cast(case when conteos_en_puntos.filas_numerador > 0 then 1 else 0 end as bigint) as numerador,
        cast(entregado.denominador as bigint) as denominador
    from entregado
    inner join conteos_en_puntos
        on
            entregado.ejercicio = conteos_en_puntos.ejercicio
            and entregado.estado_indice = conteos_en_puntos.estado_indice
            and entregado.dia = conteos_en_puntos.dia

)
{%- endmacro %}

{#
  Both present: among the year's rows with their date by the day there is one of each of two categories (CAJ-3, CAJ-8).
  `ambas`: the two categories. Emits the CTEs from hechos to valores.
#}
{% macro ambos_presentes(indicador, export, filas, llave, fecha, categoria, ambas, condicion='true', lectura=none) -%}
hechos as (

    select
        cast(ejercicio as integer) as ejercicio,
        vigente_desde,
        vigente_hasta,
        cast(null as date) as fecha_denominador,
        {{ fecha }} as fecha_numerador,
        cast(null as date) as fecha_hasta,
        {{ categoria }} as categoria,
        {{ procedencia(llave) }}
    from {{ filas }}
    where {{ categoria }} in ('{{ ambas | join("', '") }}') and {{ condicion }}

),

{{ puntos_de(indicador, lectura) }},

{{ entregado_en_puntos(indicador, export) }},

valores as (

    select
        entregado.indicador,
        entregado.ejercicio,
        entregado.estado_indice,
        entregado.dia,
        cast(case when count(distinct hechos.categoria) = 2 then 1 else 0 end as bigint) as numerador,
        cast(max(entregado.denominador) as bigint) as denominador
    from entregado
    left join hechos
        on
            entregado.ejercicio = hechos.ejercicio
            and entregado.estado_indice >= hechos.vigente_desde
            and entregado.estado_indice < hechos.vigente_hasta
            and entregado.dia >= hechos.fecha_numerador
    group by 1, 2, 3, 4

)
{%- endmacro %}
