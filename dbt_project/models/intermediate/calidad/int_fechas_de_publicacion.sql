{{ config(materialized='view') }}
-- The day of each release.
with

publicaciones as (

    select * from {{ ref('stg_publicaciones') }}

),

fechadas as (

    select
        release,
        min(fecha) as fecha_publicacion
    from publicaciones
    group by 1

)

select * from fechadas
