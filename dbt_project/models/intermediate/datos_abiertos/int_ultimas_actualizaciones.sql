{{ config(enabled=pamga_leon.se_entrega('variables_datos_abiertos')) }}
-- The last update of each variable by the cut-off: the latest of what its office declared, of the log of updates and of our own publication
-- log (rules.md, "Updates" and "The publication log"); of one day the log that nobody can mistake, then the office's.
with

variables as (

    select * from {{ ref('int_variables_datos_abiertos_vigente') }}

),

registro as (

    select * from {{ ref('int_actualizaciones_datos_abiertos_vigente') }}

),

bitacora as (

    select * from {{ ref('int_bitacora_de_variables') }}

),

corte as (

    select * from {{ ref('int_corte') }}

),

fechas as (

    select
        variable_id,
        fecha_ultima_actualizacion as fecha,
        'declarada' as origen,
        3 as preferencia
    from variables
    union all
    select
        variable_id,
        fecha_actualizacion as fecha,
        'registro' as origen,
        2 as preferencia
    from registro
    union all
    select
        variables.variable_id,
        bitacora.fecha,
        'bitacora' as origen,
        1 as preferencia
    from variables
    inner join bitacora using (conjunto, variable)

),

hasta_el_corte as (

    select
        fechas.*,
        row_number() over (partition by fechas.variable_id order by fechas.fecha desc, fechas.preferencia asc) as orden
    from fechas
    inner join corte on fechas.fecha <= corte.fecha_corte

),

ultimas as (

    select
        variable_id,
        max(case when orden = 1 then fecha end) as ultima_actualizacion,
        max(case when orden = 1 then origen end) as origen_actualizacion,
        count(case when origen = 'registro' then 1 end) as actualizaciones,
        count(case when origen = 'bitacora' then 1 end) as en_bitacora
    from hasta_el_corte
    group by 1

)

select * from ultimas
