with

anillos as (

    select * from {{ ref('stg_geometrias_colonia') }}

),

territorio as (

    select * from {{ ref('territorio_colonias') }}

),

mapa as (

    select
        anillos.colonia_id,
        cast(anillos.anillo as bigint) as anillo,
        territorio.colonia,
        anillos.anillo_json,
        {{ cifras_del_mapa('territorio') }},
        anillos.latitud,
        anillos.longitud
    from anillos
    inner join territorio on anillos.colonia_id = territorio.colonia_id

)

select * from mapa
order by colonia_id, anillo
