with

variables as (

    select * from {{ ref('int_variables_datos_abiertos_vigente') }}

),

ultimas as (

    select * from {{ ref('int_ultimas_actualizaciones') }}

),

corte as (

    select * from {{ ref('int_corte') }}

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
