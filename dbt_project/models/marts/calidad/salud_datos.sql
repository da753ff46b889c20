{# Every check's outcome in every run that the gate has seen before this one; of a run that was checked twice, each outcome once. #}
with

verificaciones as (select * from {{ ref('stg_verificaciones') }}),

publicaciones as (select * from {{ ref('int_fechas_de_publicacion') }}),

final as (

    select
        verificaciones.run as corrida,
        verificaciones.release as publicacion,
        min(verificaciones.fecha) as fecha,
        verificaciones.verificacion,
        verificaciones.conjunto,
        verificaciones.dimension,
        verificaciones.severidad,
        verificaciones.resultado,
        verificaciones.valor,
        verificaciones.umbral,
        publicaciones.fecha_publicacion
    from verificaciones
    left join publicaciones on verificaciones.release = publicaciones.release
    group by 1, 2, 4, 5, 6, 7, 8, 9, 10, 11

)

select * from final
order by fecha nulls last, corrida, verificacion, resultado, severidad, valor nulls last
