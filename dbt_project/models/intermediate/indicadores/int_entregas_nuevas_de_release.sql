-- The versions that a release read and the release before it did not, for each indicator that they can move.
with

insumos as (

    select
        *,
        lag(orden) over (partition by dependencia, export, trimestre, version order by orden) as orden_anterior
    from {{ ref('stg_insumos_release') }}

),

exportaciones as (

    select * from {{ ref('int_exportaciones_de_responsables') }}

),

dependencias as (

    select * from {{ ref('matriz_dependencias') }}

),

nuevas as (

    select
        insumos.release,
        exportaciones.indicador,
        {{ indice_de_trimestre('insumos.trimestre') }} as indice,
        {{ dbt.concat([
            'exportaciones.nombre', "' '", 'insumos.trimestre', "', versión '",
            'cast(insumos.version as ' ~ dbt.type_string() ~ ')', "' ('", 'dependencias.nombre', "')'",
        ]) }} as entrega,
        row_number() over (
            partition by insumos.release, exportaciones.indicador
            order by exportaciones.nombre, insumos.trimestre, insumos.dependencia, insumos.version
        ) as orden
    from insumos
    inner join exportaciones using (export, dependencia)
    inner join dependencias using (dependencia)
    where insumos.orden > 1 and insumos.orden_anterior is distinct from insumos.orden - 1

)

select * from nuevas
