with

hexagonos as (

    select * from {{ ref('stg_geometrias_hexagono') }}

),

territorio as (

    select * from {{ ref('territorio_hexagonos') }}

),

mapa as (

    select
        hexagonos.hexagono,
        territorio.colonias,
        hexagonos.anillo_json,
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
        hexagonos.latitud,
        hexagonos.longitud
    from hexagonos
    inner join territorio on hexagonos.hexagono = territorio.hexagono

)

select * from mapa
order by hexagono
