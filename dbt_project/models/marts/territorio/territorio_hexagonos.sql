with

hexagonos as (

    select * from {{ ref('stg_geometrias_hexagono') }}

),

cifras as (

    select * from {{ ref('int_cifras_por_lugar') }}

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

territorio as (

    select
        por_hexagono.hexagono,
        {{ cifras_presentadas('por_hexagono') }},
        hexagonos.latitud,
        hexagonos.longitud,
        {{ poligono_de_anillo('hexagonos.anillo_json') }} as geometria,
        corte.fecha_corte
    from por_hexagono
    inner join hexagonos on por_hexagono.hexagono = hexagonos.hexagono
    cross join corte

)

select * from territorio
order by hexagono
