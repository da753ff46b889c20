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
        territorio.eventos,
        territorio.acuerdos,
        territorio.acuerdos_finalizados,
        territorio.acuerdos_abiertos,
        territorio.acuerdos_vencidos,
        territorio.porcentaje_en_plazo,
        territorio.talleres,
        territorio.proyectos,
        territorio.monto_mxn,
        territorio.areas_verdes,
        territorio.superficie_verde_m2,
        territorio.tianguis,
        anillos.latitud,
        anillos.longitud
    from anillos
    inner join territorio on anillos.colonia_id = territorio.colonia_id

)

select * from mapa
order by colonia_id, anillo
