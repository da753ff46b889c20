with

elementos as (

    select * from {{ ref('int_elementos_interactivos_vigente') }}

),

corte as (

    select * from {{ ref('int_corte') }}

),

hasta_el_corte as (

    select
        elementos.*,
        corte.fecha_corte,
        case when elementos.fecha_integracion <= corte.fecha_corte then elementos.fecha_integracion end as integrado_el
    from elementos
    cross join corte

),

con_situacion as (

    select
        elemento_id,
        nombre,
        tipo,
        fecha_programada,
        integrado_el as fecha_integracion,
        {{ situacion_comprometida('fecha_programada', 'integrado_el', 'fecha_corte', 'integrado', 'pendiente', 'atrasado') }} as situacion,
        cast({{ dias_de_retraso('fecha_programada', 'coalesce(integrado_el, fecha_corte)') }} as bigint) as dias_retraso,
        url,
        fecha_corte
    from hasta_el_corte

)

select * from con_situacion
order by elemento_id
