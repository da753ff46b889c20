with

colonias as (

    select * from {{ ref('int_colonias_vigente') }}

),

cifras as (

    select * from {{ ref('int_cifras_por_lugar') }}

),

corte as (

    select * from {{ ref('int_corte') }}

),

puntos as (

    select
        colonia_id,
        latitud,
        longitud
    from {{ ref('stg_geometrias_colonia') }}
    where anillo = 1

),

por_colonia as (

    select
        colonia_id,
        {{ cifras_de_lugar() }}
    from cifras
    where colonia_id is not null
    group by 1

),

territorio as (

    select
        colonias.colonia_id,
        colonias.nombre as colonia,
        case when colonias.codigo_postal not in ('0', '00000', '10000') then colonias.codigo_postal end as codigo_postal,
        {{ cifras_presentadas('por_colonia') }},
        puntos.latitud,
        puntos.longitud,
        colonias.geometria,
        corte.fecha_corte
    from colonias
    cross join corte
    left join por_colonia on colonias.colonia_id = por_colonia.colonia_id
    left join puntos on colonias.colonia_id = puntos.colonia_id

)

select * from territorio
order by colonia_id
