{#
  Variables up to date (DA-5): updated within so many months before the day. `meses`: how many, from periodicidad.
  Emits the CTEs from variables to valores.
#}
{% macro variables_actualizadas(indicador, meses, lectura=none) -%}
variables as (

    select
        *,
        {{ meses }} as meses
    from {{ ref('int_variables_datos_abiertos_versiones') }}
    where periodicidad != 'sin_periodicidad'

),

actualizaciones as (

    select * from {{ ref('int_actualizaciones_datos_abiertos_versiones') }}

),

bitacora as (

    select * from {{ ref('int_bitacora_de_variables') }}

),

{{ puntos_de(indicador, lectura) }},

-- variables are few and "up to date" comes and goes: they are judged point by point
en_puntos as (

    select
        puntos.indicador,
        puntos.ejercicio,
        puntos.estado_indice,
        puntos.dia,
        cast({{ dbt.dateadd('month', '-variables.meses', 'puntos.dia') }} as date) as limite,
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
        en_puntos.ejercicio,
        en_puntos.estado_indice as vigente_desde,
        en_puntos.estado_indice + 1 as vigente_hasta,
        en_puntos.dia as fecha_denominador,
        case when ultimas.ultima_actualizacion > en_puntos.limite then en_puntos.dia end as fecha_numerador,
        en_puntos.dia as fecha_hasta,
        {{ procedencia('en_puntos.variable_id') }}
    from en_puntos
    left join ultimas
        on
            en_puntos.estado_indice = ultimas.estado_indice
            and en_puntos.dia = ultimas.dia
            and en_puntos.variable_id = ultimas.variable_id

),

valores as (

    select
        puntos.indicador,
        puntos.ejercicio,
        puntos.estado_indice,
        puntos.dia,
        count(hechos.fecha_numerador) as numerador,
        count(hechos.fecha_denominador) as denominador
    from puntos
    left join hechos
        on
            puntos.ejercicio = hechos.ejercicio
            and puntos.estado_indice = hechos.vigente_desde
            and puntos.dia = hechos.fecha_denominador
    group by 1, 2, 3, 4

)
{%- endmacro %}

{# Variables published (DA-6). `condicion`: which variables count. Emits the CTEs from variables to valores. #}
{% macro variables_publicadas(indicador, condicion, lectura=none) -%}
variables as (

    select * from {{ ref('int_variables_datos_abiertos_versiones') }}
    where {{ condicion }}

),

bitacora as (

    select
        conjunto,
        variable,
        min(fecha) as primera_fecha
    from {{ ref('int_bitacora_de_variables') }}
    group by 1, 2

),

{{ metas_de(indicador, lectura) }},

fechas as (

    select
        variables.*,
        case when variables.url is not null then variables.fecha_publicacion end as fecha_declarada,
        bitacora.primera_fecha as fecha_en_bitacora
    from variables
    left join bitacora on variables.conjunto = bitacora.conjunto and variables.variable = bitacora.variable

),

hechos as (

    select
        metas.ejercicio,
        fechas.vigente_desde,
        fechas.vigente_hasta,
        {{ inicio_del_plan() }} as fecha_denominador,
        case
            when fechas.fecha_en_bitacora is null or fechas.fecha_declarada <= fechas.fecha_en_bitacora
                then fechas.fecha_declarada
            else fechas.fecha_en_bitacora
        end as fecha_numerador,
        cast(null as date) as fecha_hasta,
        {{ procedencia('fechas.variable_id') }}
    from fechas
    cross join metas

),

{{ valores_por_conteo(indicador, lectura=lectura) }}
{%- endmacro %}

{# Interactive elements (DA-7). `condicion`: which of the planned ones count. Emits the CTEs from elementos_interactivos to valores. #}
{% macro elementos_integrados(indicador, condicion, lectura=none) -%}
elementos_interactivos as (

    select * from {{ ref('int_elementos_interactivos_versiones') }}

),

{{ metas_de(indicador, lectura) }},

hechos as (

    select
        metas.ejercicio,
        elementos_interactivos.vigente_desde,
        elementos_interactivos.vigente_hasta,
        {{ inicio_del_plan() }} as fecha_denominador,
        elementos_interactivos.fecha_integracion as fecha_numerador,
        cast(null as date) as fecha_hasta,
        {{ procedencia('elementos_interactivos.elemento_id') }}
    from elementos_interactivos
    inner join metas on {{ condicion }}

),

{{ valores_por_conteo(indicador, lectura=lectura) }}
{%- endmacro %}
