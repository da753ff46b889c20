with

variables as (

    select * from {{ ref('int_variables_datos_abiertos_versiones') }}
    where planificada and tema != 'otro'

),

bitacora as (

    select
        conjunto,
        variable,
        min(fecha) as primera_fecha
    from {{ ref('int_bitacora_de_variables') }}
    group by 1, 2

),

metas as (

    select * from {{ ref('matriz_metas') }}
    where indicador = 'DA-6'

),

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

{{ valores_por_conteo('DA-6') }}

select * from valores
