-- The versions that a release read and the release before it did not, for each indicator that they serve.
with

insumos as (

    select
        *,
        lag(orden) over (partition by dependencia, export, trimestre, sha256, version order by orden) as orden_anterior
    from {{ ref('stg_insumos_release') }}

),

exportaciones as (

    select distinct
        export,
        nombre,
        indicador
    from {{ ref('matriz_exportaciones') }}

),

dependencias as (

    select * from {{ ref('matriz_dependencias') }}

),

nuevas as (

    select
        insumos.release,
        exportaciones.indicador,
        {{ dbt.listagg(
            dbt.concat([
                'exportaciones.nombre', "' '", 'insumos.trimestre', "', versión '",
                'cast(insumos.version as ' ~ dbt.type_string() ~ ')', "' ('", 'dependencias.nombre', "')'",
            ]),
            "'; '",
            'order by exportaciones.nombre, insumos.trimestre, insumos.dependencia, insumos.version',
        ) }} as entregas
    from insumos
    inner join exportaciones on insumos.export = exportaciones.export
    inner join dependencias on insumos.dependencia = dependencias.dependencia
    where insumos.orden > 1 and insumos.orden_anterior is distinct from insumos.orden - 1
    group by 1, 2

)

select * from nuevas
