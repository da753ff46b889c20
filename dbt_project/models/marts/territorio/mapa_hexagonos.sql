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
        {{ cifras_del_mapa('territorio') }},
        hexagonos.latitud,
        hexagonos.longitud
    from hexagonos
    inner join territorio on hexagonos.hexagono = territorio.hexagono

)

select * from mapa
order by hexagono
