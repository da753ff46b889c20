-- The places that delivered rows say, each once. A doubtful place is not counted anywhere: it waits on the review list (docs/places.md).
{{ config(materialized='view') }}

with

sitios as (

    select * from {{ ref('stg_sitios') }}

),

colonias as (

    select * from {{ ref('int_colonias_vigente') }}

),

ubicados as (

    select
        sitios.export,
        sitios.nombre,
        sitios.latitud,
        sitios.longitud,
        sitios.geometria,
        sitios.hexagono,
        colonias.colonia_id,
        colonias.nombre as colonia
    from sitios
    left join colonias
        on
            sitios.colonia_id = colonias.colonia_id
            and sitios.metodo in ('coordenadas', 'nombre', 'alias', 'similitud')

)

select * from ubicados
