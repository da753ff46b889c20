with

hexagonos as (

    select * from {{ ref('stg_geometrias_hexagono') }}

),

cifras as (

    select * from {{ ref('int_cifras_por_lugar') }}

),

colonias as (

    select * from {{ ref('int_colonias_vigente') }}

),

corte as (

    select * from {{ ref('int_corte') }}

),

por_hexagono as (

    select
        hexagono,
        {{ cifras_de_lugar() }}
    from cifras
    where hexagono is not null
    group by 1

),

por_colonia as (

    select
        cifras.hexagono,
        colonias.nombre as colonia,
        row_number() over (partition by cifras.hexagono order by sum(cifras.cuantos) desc, colonias.nombre nulls last) as lugar
    from cifras
    inner join colonias on cifras.colonia_id = colonias.colonia_id
    where cifras.hexagono is not null
    group by 1, 2

),

-- a hexagon has no name that people know: it is called by the colonias that most of what it holds lies in
nombres as (

    select
        hexagono,
        {{ dbt.listagg('colonia', "', '", 'order by lugar') }} as colonias
    from por_colonia
    where lugar <= 3
    group by 1

),

territorio as (

    select
        por_hexagono.hexagono,
        nombres.colonias,
        {{ cifras_presentadas('por_hexagono') }},
        hexagonos.latitud,
        hexagonos.longitud,
        hexagonos.geometria,
        corte.fecha_corte
    from por_hexagono
    inner join hexagonos on por_hexagono.hexagono = hexagonos.hexagono
    left join nombres on por_hexagono.hexagono = nombres.hexagono
    cross join corte

)

select * from territorio
order by hexagono
