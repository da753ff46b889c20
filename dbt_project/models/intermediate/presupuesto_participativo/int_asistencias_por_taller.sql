with

asistencia_talleres as (

    select * from {{ ref('int_asistencia_talleres_vigente') }}

),

por_taller as (

    select
        taller_id,
        count(*) as asistencias
    from asistencia_talleres
    group by 1

)

select * from por_taller
