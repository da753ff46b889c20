with

sesiones as (

    select * from {{ ref('int_sesiones_rendicion_vigente') }}

),

comentarios as (

    select * from {{ ref('comentarios_ciudadanos') }}

),

por_sesion as (

    select
        sesion_id,
        count(*) as comentarios,
        count(case when respondido then 1 end) as comentarios_respondidos
    from comentarios
    group by 1

),

con_comentarios as (

    select
        sesiones.sesion_id,
        sesiones.fecha,
        sesiones.sede,
        sesiones.trimestre_presentado,
        sesiones.asistentes,
        sesiones.minuta_url,
        coalesce(por_sesion.comentarios, 0) as comentarios,
        coalesce(por_sesion.comentarios_respondidos, 0) as comentarios_respondidos
    from sesiones
    left join por_sesion on sesiones.sesion_id = por_sesion.sesion_id

)

select * from con_comentarios
order by sesion_id
