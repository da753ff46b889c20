-- One row per indicator with its offices and sources in words.
with

indicadores as (

    select * from {{ ref('matriz_indicadores') }}

),

compromisos as (

    select * from {{ ref('matriz_compromisos') }}

),

responsables as (

    select
        responsables.indicador,
        {{ dbt.listagg('dependencias.nombre', "'; '", 'order by responsables.orden') }} as responsables,
        {{ dbt.listagg('responsables.dependencia', "';'", 'order by responsables.orden') }} as claves_responsables
    from {{ ref('matriz_responsables') }} as responsables
    inner join {{ ref('matriz_dependencias') }} as dependencias on responsables.dependencia = dependencias.dependencia
    group by 1

),

exportaciones as (

    select distinct
        export,
        nombre
    from {{ ref('matriz_exportaciones') }}

),

fuentes as (

    select
        fuentes.indicador,
        {{ dbt.listagg('exportaciones.nombre', "'; '", 'order by fuentes.orden') }} as fuentes
    from {{ ref('matriz_fuentes') }} as fuentes
    inner join exportaciones on fuentes.export = exportaciones.export
    group by 1

),

-- every export that serves the indicator, also those that may be missing without making it provisional
claves as (

    select
        indicador,
        {{ dbt.listagg('export', "';'", 'order by export') }} as claves_exportaciones
    from (
        select distinct
            indicador,
            export
        from {{ ref('matriz_exportaciones') }}
    ) as exportaciones_del_indicador
    group by 1

),

fichas as (

    select
        indicadores.*,
        compromisos.nombre as nombre_compromiso,
        compromisos.problematicas,
        responsables.responsables,
        responsables.claves_responsables,
        fuentes.fuentes,
        claves.claves_exportaciones
    from indicadores
    inner join compromisos on indicadores.compromiso = compromisos.compromiso
    inner join responsables on indicadores.indicador = responsables.indicador
    inner join fuentes on indicadores.indicador = fuentes.indicador
    inner join claves on indicadores.indicador = claves.indicador

)

select * from fichas
