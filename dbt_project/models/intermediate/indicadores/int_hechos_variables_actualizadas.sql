{{ config(enabled=pamga_leon.se_entrega('variables_datos_abiertos')) }}
{#
  Facts of the variables with a periodicity, up to date within one period of their own (or within `meses`, in a reading that says so):
  updated later than that many months before the day, by the latest of what is declared, registered and logged. "Up to date" comes and goes
  and variables are few: they are judged point by point.
#}
{% set de_este_modelo = pamga_leon.reglas_de_modelo('int_hechos_variables_actualizadas') %}

with

variables as (

    select
        *,
        {{ meses_de_periodicidad('periodicidad') }} as meses
    from {{ ref('int_variables_datos_abiertos_versiones') }}
    where periodicidad != 'sin_periodicidad'

),

actualizaciones as (

    select * from {{ ref('int_actualizaciones_datos_abiertos_versiones') }}

),

bitacora as (

    select * from {{ ref('int_bitacora_de_variables') }}

),

puntos as (

    {% for regla in de_este_modelo %}
        select
            *,
            cast({{ regla.meses or 'null' }} as integer) as meses
        from {{ ref('int_puntos_de_evaluacion') }}
        where {{ es_de([regla]) }}
        {% if not loop.last %}union all{% endif %}
    {% else %}
        select
            *,
            cast(null as integer) as meses
        from {{ ref('int_puntos_de_evaluacion') }}
        where false
    {% endfor %}

),

en_puntos as (

    select
        puntos.indicador,
        puntos.lectura,
        puntos.ejercicio,
        puntos.estado_indice,
        puntos.dia,
        cast({{ dbt.dateadd('month', '-coalesce(puntos.meses, variables.meses)', 'puntos.dia') }} as date) as limite,
        variables.variable_id,
        variables.conjunto,
        variables.variable,
        variables.fecha_ultima_actualizacion,
        variables.entrega_dependencia,
        variables.entrega_trimestre,
        variables.entrega_version,
        variables.fila
    from puntos
    inner join variables
        on
            puntos.estado_indice >= variables.vigente_desde
            and puntos.estado_indice < variables.vigente_hasta

),

fechas as (

    select
        estado_indice,
        dia,
        variable_id,
        fecha_ultima_actualizacion as fecha
    from en_puntos
    where fecha_ultima_actualizacion <= dia
    union all
    select
        en_puntos.estado_indice,
        en_puntos.dia,
        en_puntos.variable_id,
        actualizaciones.fecha_actualizacion as fecha
    from en_puntos
    inner join actualizaciones
        on
            en_puntos.variable_id = actualizaciones.variable_id
            and en_puntos.estado_indice >= actualizaciones.vigente_desde
            and en_puntos.estado_indice < actualizaciones.vigente_hasta
            and en_puntos.dia >= actualizaciones.fecha_actualizacion
    union all
    select
        en_puntos.estado_indice,
        en_puntos.dia,
        en_puntos.variable_id,
        bitacora.fecha
    from en_puntos
    inner join bitacora
        on
            en_puntos.conjunto = bitacora.conjunto
            and en_puntos.variable = bitacora.variable
            and en_puntos.dia >= bitacora.fecha

),

ultimas as (

    select
        estado_indice,
        dia,
        variable_id,
        max(fecha) as ultima_actualizacion
    from fechas
    group by 1, 2, 3

),

hechos as (

    select
        en_puntos.indicador,
        en_puntos.lectura,
        en_puntos.ejercicio,
        en_puntos.estado_indice as vigente_desde,
        en_puntos.estado_indice + 1 as vigente_hasta,
        en_puntos.dia as fecha_denominador,
        case when ultimas.ultima_actualizacion > en_puntos.limite then en_puntos.dia end as fecha_numerador,
        en_puntos.dia as fecha_hasta,
        cast(null as {{ dbt.type_string() }}) as grupo,
        {{ procedencia(['variable_id'], 'en_puntos') }}
    from en_puntos
    left join ultimas using (estado_indice, dia, variable_id)

)

select * from hechos
