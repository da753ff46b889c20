with

participantes as (

    select * from {{ ref('int_participantes') }}

),

colonias as (

    select * from {{ ref('int_colonias_vigente') }}

),

celdas as (

    select
        ejercicio as tabla,
        colonia_id as columna,
        count(*) as valor
    from participantes
    group by 1, 2

),

{{ linea_protegida() }},

participacion as (

    select
        cast(linea_protegida.tabla as bigint) as ejercicio,
        linea_protegida.columna as colonia_id,
        coalesce(colonias.nombre, 'Sin ubicar') as colonia,
        case when not linea_protegida.oculta then cast(linea_protegida.valor as bigint) end as personas,
        linea_protegida.oculta as suprimido
    from linea_protegida
    left join colonias on linea_protegida.columna = colonias.colonia_id

)

select * from participacion
order by ejercicio, colonia_id
