with

directorio as (

    select * from {{ ref('int_directorio_vigente') }}

),

corte as (

    select * from {{ ref('int_corte') }}

),

hasta_el_corte as (

    select
        directorio.*,
        corte.fecha_corte,
        case when directorio.fecha_actualizacion <= corte.fecha_corte then directorio.fecha_actualizacion end as actualizado_el
    from directorio
    cross join corte

),

entradas as (

    select
        dependencia_id,
        dependencia,
        tiene_contacto_ciudadano,
        telefono,
        correo,
        domicilio,
        url,
        horario,
        actualizado_el as fecha_actualizacion,
        cast({{ dbt.datediff('actualizado_el', 'fecha_corte', 'day') }} as bigint) as dias_desde_actualizacion,
        coalesce({{ semestre_de('actualizado_el') }} = {{ semestre_de('fecha_corte') }}, false) as actualizado,
        fecha_corte
    from hasta_el_corte

)

select * from entradas
order by dependencia_id
