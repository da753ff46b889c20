-- The last update at the cut-off is the latest of what the office declared, the log of updates and this warehouse's own publication log
-- (rules.md, "Updates" and "The publication log").
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
        variables.variable_id,
        variables.fecha_ultima_actualizacion as fecha,
        'declarada' as origen,
        3 as preferencia
    from variables
    union all
    select
        registro.variable_id,
        registro.fecha_actualizacion as fecha,
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

),

evaluadas as (

    select
        variables.*,
        corte.fecha_corte,
        ultimas.ultima_actualizacion,
        ultimas.origen_actualizacion,
        coalesce(ultimas.actualizaciones, 0) as actualizaciones,
        coalesce(ultimas.en_bitacora, 0) as en_bitacora,
        cast(
            {{ dbt.dateadd('month', '-(' ~ meses_de_periodicidad('variables.periodicidad') ~ ')', 'corte.fecha_corte') }} as date
        ) as fecha_limite
    from variables
    cross join corte
    left join ultimas on variables.variable_id = ultimas.variable_id

),

con_situacion as (

    select
        *,
        case
            when periodicidad = 'sin_periodicidad' then 'sin_periodicidad'
            when ultima_actualizacion is null then 'sin_actualizacion'
            when ultima_actualizacion > fecha_limite then 'al_corriente'
            else 'atrasada'
        end as situacion
    from evaluadas

),

catalogo as (

    select
        variable_id,
        conjunto,
        variable,
        descripcion,
        tema,
        planificada,
        periodicidad,
        case when fecha_publicacion <= fecha_corte then fecha_publicacion end as fecha_publicacion,
        coalesce(fecha_publicacion <= fecha_corte and url is not null, false) or en_bitacora > 0 as publicada,
        url,
        ultima_actualizacion,
        origen_actualizacion,
        actualizaciones,
        fecha_limite,
        situacion,
        cast(
            case situacion
                when 'al_corriente' then 0
                when 'atrasada' then {{ dbt.datediff('ultima_actualizacion', 'fecha_limite', 'day') }} + 1
            end as bigint
        ) as dias_atraso,
        fecha_corte
    from con_situacion

)

select * from catalogo
order by variable_id
