with

propuestas as (

    select * from {{ ref('int_propuestas_cabildo_vigente') }}

),

corte as (

    select * from {{ ref('int_corte') }}

),

entregadas as (

    select
        propuestas.propuesta_id,
        propuestas.ejercicio,
        propuestas.tipo,
        propuestas.eje,
        propuestas.titulo,
        case when propuestas.fecha_entrega <= corte.fecha_corte then propuestas.fecha_entrega end as fecha_entrega,
        propuestas.instancia_receptora,
        coalesce(propuestas.fecha_entrega <= corte.fecha_corte, false) and propuestas.instancia_receptora is not null as entregada,
        propuestas.documento_url,
        corte.fecha_corte
    from propuestas
    cross join corte

)

select * from entregadas
order by propuesta_id
