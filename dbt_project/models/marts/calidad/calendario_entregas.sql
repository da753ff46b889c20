{#
  Export x office x quarter: due when, delivered when, how late, still missing. There is no wall clock in a mart: "today" is the last
  day of which the lake knows anything, the newest day of receipt (`dia_referencia`). Reminders count from the real day.
#}
with

plazos as (select * from {{ ref('plazos_entrega') }}),

dependencias as (select * from {{ ref('matriz_dependencias') }}),

entregas as (select * from {{ ref('stg_entregas') }}),

referencia as (

    select max(received_on) as dia_referencia
    from entregas

),

trimestres as (

    select
        trimestre,
        fecha_corte,
        del_plan
    from {{ ref('int_trimestres_del_calendario') }}

),

recibidas as (

    select
        dependencia,
        export,
        trimestre,
        min(
            case
                when state in ('accepted', 'accepted_with_rejects') and (accepted > 0 or rows_read = 0) and not apartada then received_on
            end
        ) as fecha_entrega,
        max(received_on) as fecha_ultima_version,
        max(case when vigente then version end) as version_vigente,
        max(case when vigente then rows_read end) as filas_leidas,
        max(case when vigente then accepted end) as filas_aceptadas,
        max(case when vigente then quarantined end) as filas_apartadas,
        count(case when apartada then 1 end) as versiones_apartadas,
        count(*) as versiones
    from entregas
    group by 1, 2, 3

),

esperadas as (

    select
        plazos.export,
        plazos.nombre,
        plazos.dependencia,
        plazos.exigible and trimestres.del_plan as exigible,
        trimestres.trimestre,
        trimestres.fecha_corte,
        cast({{ dbt.dateadd('day', 'plazos.dias_plazo', 'trimestres.fecha_corte') }} as date) as fecha_limite
    from plazos
    cross join trimestres

),

calendario as (

    select
        esperadas.*,
        dependencias.nombre as nombre_dependencia,
        recibidas.fecha_entrega,
        recibidas.fecha_ultima_version,
        recibidas.version_vigente,
        recibidas.filas_leidas,
        recibidas.filas_aceptadas,
        recibidas.filas_apartadas,
        coalesce(recibidas.versiones, 0) as versiones,
        coalesce(recibidas.versiones_apartadas, 0) as versiones_apartadas,
        referencia.dia_referencia,
        coalesce(recibidas.fecha_entrega, referencia.dia_referencia) as dia_contado
    from esperadas
    cross join referencia
    inner join dependencias on esperadas.dependencia = dependencias.dependencia
    left join recibidas
        on
            esperadas.export = recibidas.export
            and esperadas.dependencia = recibidas.dependencia
            and esperadas.trimestre = recibidas.trimestre
    where esperadas.exigible or recibidas.export is not null

),

final as (

    select
        export,
        nombre as nombre_export,
        dependencia,
        nombre_dependencia,
        trimestre,
        fecha_corte,
        fecha_limite,
        exigible,
        case
            when fecha_entrega <= fecha_limite then 'entregada_a_tiempo'
            when fecha_entrega is not null then 'entregada_con_retraso'
            when dia_referencia <= fecha_limite then 'por_entregar'
            else 'falta'
        end as situacion,
        fecha_entrega,
        case
            when dia_contado > fecha_limite then {{ dbt.datediff('fecha_limite', 'dia_contado', 'day') }}
            else 0
        end as dias_retraso,
        fecha_ultima_version,
        cast(version_vigente as bigint) as version_vigente,
        cast(versiones as bigint) as versiones,
        cast(versiones_apartadas as bigint) as versiones_apartadas,
        cast(filas_leidas as bigint) as filas_leidas,
        cast(filas_aceptadas as bigint) as filas_aceptadas,
        cast(filas_apartadas as bigint) as filas_apartadas,
        dia_referencia
    from calendario

)

select * from final
order by trimestre, export, dependencia
