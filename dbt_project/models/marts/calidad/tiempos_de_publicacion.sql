{# From the day a delivery was received to the day of the first release that read it. #}
with

insumos as (select * from {{ ref('stg_insumos_release') }}),

entregas as (select * from {{ ref('stg_entregas') }}),

publicaciones as (select * from {{ ref('int_fechas_de_publicacion') }}),

publicados as (

    select
        insumos.*,
        publicaciones.fecha_publicacion,
        row_number() over (
            partition by insumos.dependencia, insumos.export, insumos.trimestre, insumos.version order by insumos.orden
        ) as vez
    from insumos
    inner join publicaciones on insumos.release = publicaciones.release

),

final as (

    select
        entregas.dependencia,
        entregas.export,
        entregas.trimestre,
        cast(entregas.version as bigint) as version,
        entregas.received_on as fecha_recepcion,
        publicados.release as publicacion,
        publicados.fecha_publicacion,
        cast({{ dbt.datediff('entregas.received_on', 'publicados.fecha_publicacion', 'day') }} as bigint) as dias
    from publicados
    inner join entregas using (dependencia, export, trimestre, version)
    where publicados.vez = 1

)

select * from final
order by dependencia, export, trimestre, version
