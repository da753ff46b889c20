with

integrantes as (

    select * from {{ ref('int_integrantes_cabildo_vigente') }}

),

contados as (

    select
        ejercicio,
        coalesce(procedencia, 'sin_dato') as procedencia,
        coalesce(sexo, 'no_especificado') as sexo,
        count(*) as integrantes,
        count(case when {{ es_joven('edad') }} then 1 end) as jovenes
    from integrantes
    group by 1, 2, 3

)

select * from contados
order by ejercicio, procedencia, sexo
