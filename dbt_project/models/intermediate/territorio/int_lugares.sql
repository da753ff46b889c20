-- The place of each located row. A doubtful place is not counted anywhere: it waits on the review list (docs/places.md).
{{ config(materialized='view') }}

with

lugares as (

    select * from {{ ref('stg_lugares') }}

),

colonias as (

    select * from {{ ref('int_colonias_vigente') }}

),

ubicados as (

    select
        lugares.export,
        lugares.entrega_dependencia,
        lugares.entrega_trimestre,
        lugares.entrega_version,
        lugares.fila,
        lugares.hexagono,
        colonias.colonia_id,
        colonias.nombre as colonia
    from lugares
    left join colonias
        on
            lugares.colonia_id = colonias.colonia_id
            and lugares.metodo in ('coordenadas', 'nombre', 'alias', 'similitud')

)

select * from ubicados
