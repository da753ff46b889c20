{{ config(enabled=pamga_leon.se_entrega('directorio')) }}
{#
  Facts of the directory: every office with a contact counts below from the first day of the year on, above while its entry was updated
  within the half-year of the day of evaluation. A reading by half-year (`mes`, its first month) looks at that one alone, from its first day.
  A plan without such an indicator has none.
#}
with

directorio as (

    select * from {{ ref('int_directorio_versiones') }}
    where tiene_contacto_ciudadano

),

metas as (

    {% for regla in pamga_leon.reglas_de_modelo('int_hechos_directorio') %}
        select
            indicador,
            {{ 'lectura' if regla.lectura else "''" }} as lectura,
            ejercicio,
            vence,
            cast({{ regla.mes or 'null' }} as integer) as mes
        from {{ ref('matriz_lecturas_metas' if regla.lectura else 'matriz_metas') }}
        where indicador = '{{ regla.indicador }}'{% if regla.lectura %} and lectura = '{{ regla.lectura }}'{% endif %}
        {% if not loop.last %}union all{% endif %}
    {% else %}
        select
            indicador,
            '' as lectura,
            ejercicio,
            vence,
            cast(null as integer) as mes
        from {{ ref('matriz_metas') }}
        where false
    {% endfor %}

),

con_inicio as (

    select
        *,
        {{ primer_dia_del_anio('ejercicio') }} as primer_dia,
        cast({{ dbt.dateadd('month', 'coalesce(mes, 1) - 1', primer_dia_del_anio('ejercicio')) }} as date) as primer_dia_que_cuenta
    from metas

),

en_denominador as (

    select
        metas.indicador,
        metas.lectura,
        metas.ejercicio,
        directorio.vigente_desde,
        directorio.vigente_hasta,
        metas.primer_dia_que_cuenta as fecha_denominador,
        cast(null as date) as fecha_numerador,
        cast(null as date) as fecha_hasta,
        cast(null as {{ dbt.type_string() }}) as grupo,
        {{ procedencia(['dependencia_id'], 'directorio') }}
    from directorio
    cross join con_inicio as metas

),

-- An entry updated in the first half-year is up to date through its end; one of the second half-year stays so, as after 31 December the
-- evaluation is made with that day. Where a half-year is a target of its own, an entry updated in time stays so.
en_numerador as (

    select
        metas.indicador,
        metas.lectura,
        metas.ejercicio,
        directorio.vigente_desde,
        directorio.vigente_hasta,
        cast(null as date) as fecha_denominador,
        directorio.fecha_actualizacion as fecha_numerador,
        case
            when metas.mes is null and extract(month from directorio.fecha_actualizacion) <= 6
                then cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 6, 'metas.primer_dia')) }} as date)
        end as fecha_hasta,
        cast(null as {{ dbt.type_string() }}) as grupo,
        {{ procedencia(['dependencia_id'], 'directorio') }}
    from directorio
    inner join con_inicio as metas
        on
            extract(year from directorio.fecha_actualizacion) = metas.ejercicio
            and (metas.mes is null or directorio.fecha_actualizacion between metas.primer_dia_que_cuenta and metas.vence)

),

hechos as (

    select * from en_denominador
    union all
    select * from en_numerador

)

select * from hechos
