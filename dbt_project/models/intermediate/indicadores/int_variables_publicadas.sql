{{ config(enabled=pamga_leon.se_entrega('variables_datos_abiertos')) }}
-- Each version of a variable with the day from which it is published: the one that was declared, with an address, or the first one in the
-- publication log, whichever comes first (rules.md, "The publication log").
with

variables as (

    select * from {{ ref('int_variables_datos_abiertos_versiones') }}

),

bitacora as (

    select
        conjunto,
        variable,
        min(fecha) as primera_fecha
    from {{ ref('int_bitacora_de_variables') }}
    group by 1, 2

),

fechas as (

    select
        variables.*,
        case when variables.url is not null then variables.fecha_publicacion end as fecha_declarada,
        bitacora.primera_fecha as fecha_en_bitacora
    from variables
    left join bitacora on variables.conjunto = bitacora.conjunto and variables.variable = bitacora.variable

),

publicadas as (

    select
        *,
        case
            when fecha_en_bitacora is null or fecha_declarada <= fecha_en_bitacora then fecha_declarada
            else fecha_en_bitacora
        end as publicada_el
    from fechas

)

select * from publicadas
