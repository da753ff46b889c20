{#
  Agreements made in the year, and of those the ones settled in the year (MBH-2), with the event of each. `desde`: the day from which an
  agreement counts, below and above; null when it never does. Emits the CTEs acuerdos and hechos.
#}
{% macro acuerdos_del_anio(desde='fecha_acuerdo') -%}
acuerdos as (

    select
        *,
        {{ desde }} as cuenta_desde
    from {{ ref('int_acuerdos_versiones') }} as acuerdos

),

hechos as (

    select
        cast(extract(year from fecha_acuerdo) as integer) as ejercicio,
        vigente_desde,
        vigente_hasta,
        cuenta_desde as fecha_denominador,
        case
            when extract(year from fecha_finalizacion) = extract(year from fecha_acuerdo)
                then {{ cuando_ambas('cuenta_desde', 'fecha_finalizacion') }}
        end as fecha_numerador,
        cast(null as date) as fecha_hasta,
        evento_id,
        {{ procedencia('acuerdo_id') }}
    from acuerdos

)
{%- endmacro %}

{# The day by which an agreement is due: one calendar month after it was made when inmediato, three when gestion
   (rules.md, "Follow-up of Mi Barrio Habla agreements"). #}
{% macro limite_de_acuerdo(acuerdos) -%}
    cast(
        case {{ acuerdos }}.tipo
            when 'inmediato' then {{ dbt.dateadd('month', 1, acuerdos ~ '.fecha_acuerdo') }}
            else {{ dbt.dateadd('month', 3, acuerdos ~ '.fecha_acuerdo') }}
        end as date
    )
{%- endmacro %}

{#
  Entries of the directory updated in a part of the year (MBH-3 read by half-year). `mes`: its first month. Nothing counts before it, and
  the due day closes it: an entry updated in time stays so. Emits the CTEs from directorio to valores.
#}
{% macro directorio_en_semestre(indicador, mes, lectura) -%}
directorio as (

    select * from {{ ref('int_directorio_versiones') }}
    where tiene_contacto_ciudadano

),

{{ metas_de(indicador, lectura) }},

hechos as (

    select
        metas.ejercicio,
        directorio.vigente_desde,
        directorio.vigente_hasta,
        cast({{ dbt.dateadd('month', mes - 1, primer_dia_del_anio('metas.ejercicio')) }} as date) as fecha_denominador,
        case
            when
                directorio.fecha_actualizacion
                between cast({{ dbt.dateadd('month', mes - 1, primer_dia_del_anio('metas.ejercicio')) }} as date) and metas.vence
                then directorio.fecha_actualizacion
        end as fecha_numerador,
        cast(null as date) as fecha_hasta,
        {{ procedencia('directorio.dependencia_id') }}
    from directorio
    cross join metas

),

{{ valores_por_conteo(indicador, lectura=lectura) }}
{%- endmacro %}
