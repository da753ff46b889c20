{#
  Export x office x quarter: due when, delivered when, how late, still missing. The calendar is the one mart with a today
  (`dia_referencia`; rules.md, "Quarters, deliveries, versions"): that of the build, as the lock says it, so that what nobody delivered
  is late although nobody delivered anything since. What was due before the lake began is owed from that day on (`debida_desde`).
  A file is delivered on the day on which it was dropped, whoever reads it later.
#}
with

plazos as (select * from {{ ref('plazos_entrega') }}),

dependencias as (select * from {{ ref('matriz_dependencias') }}),

entregas as (

    select
        *,
        state in ('accepted', 'accepted_with_rejects') and (accepted > 0 or rows_read = 0) and not apartada as cuenta
    from {{ ref('stg_entregas') }}

),

referencia as (

    select hoy as dia_referencia
    from {{ ref('stg_corrida') }}

),

trimestres as (select * from {{ ref('int_trimestres_del_calendario') }}),

inicio as (select * from {{ ref('int_inicio_del_lago') }}),

recibidas as (

    select
        dependencia,
        export,
        trimestre,
        min(case when cuenta then dropped_on end) as fecha_entrega,
        min(case when cuenta then received_on end) as dia_recibida,
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
        coalesce(recibidas.fecha_entrega, referencia.dia_referencia) as dia_contado,
        coalesce(recibidas.dia_recibida = inicio.carga, false) as en_carga_inicial,
        case
            when esperadas.fecha_limite < inicio.dia and (inicio.carga is not null or esperadas.fecha_corte < inicio.ultimo_corte)
                then inicio.dia
            else esperadas.fecha_limite
        end as debida_desde
    from esperadas
    cross join referencia
    cross join inicio
    inner join dependencias using (dependencia)
    left join recibidas using (export, dependencia, trimestre)
    where esperadas.exigible or recibidas.versiones is not null

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
            when fecha_entrega <= debida_desde or en_carga_inicial then 'entregada_a_tiempo'
            when fecha_entrega is not null then 'entregada_con_retraso'
            when dia_referencia <= fecha_limite then 'por_entregar'
            else 'falta'
        end as situacion,
        fecha_entrega,
        case
            when dia_contado > debida_desde and not en_carga_inicial then {{ dbt.datediff('debida_desde', 'dia_contado', 'day') }}
            else 0
        end as dias_retraso,
        fecha_ultima_version,
        cast(version_vigente as bigint) as version_vigente,
        cast(versiones as bigint) as versiones,
        cast(versiones_apartadas as bigint) as versiones_apartadas,
        cast(filas_leidas as bigint) as filas_leidas,
        cast(filas_aceptadas as bigint) as filas_aceptadas,
        cast(filas_apartadas as bigint) as filas_apartadas,
        dia_referencia,
        en_carga_inicial,
        debida_desde
    from calendario

)

select * from final
order by trimestre, export, dependencia
