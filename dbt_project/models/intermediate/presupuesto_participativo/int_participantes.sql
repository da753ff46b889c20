-- People who took part in a closed exercise, each once: it no longer fills up, so that no two releases can be subtracted (rules.md,
-- "Personal data"). Where a person's rows disagree: the lowest age given in the year, and no sex and no colonia rather than one of several.
with

asistencia_talleres as (

    select * from {{ ref('int_asistencia_talleres_vigente') }}

),

talleres as (

    select * from {{ ref('int_talleres_vigente') }}

),

corte as (

    select * from {{ ref('int_corte') }}

),

ejercicios_cerrados as (

    select * from {{ ref('int_ejercicios_cerrados') }}

),

talleres_cerrados as (

    select
        talleres.taller_id,
        ejercicios_cerrados.ejercicio
    from talleres
    inner join corte on talleres.fecha_realizada <= corte.fecha_corte
    inner join ejercicios_cerrados on extract(year from talleres.fecha_realizada) = ejercicios_cerrados.ejercicio

),

asistencias as (

    select
        talleres_cerrados.ejercicio,
        asistencia_talleres.asistente_id,
        asistencia_talleres.edad,
        nullif(asistencia_talleres.sexo, 'no_especificado') as sexo,
        lugares.colonia_id
    from asistencia_talleres
    inner join talleres_cerrados on asistencia_talleres.taller_id = talleres_cerrados.taller_id
    {{ unir_lugar('asistencia_talleres', 'asistencia_talleres') }}

),

personas as (

    select
        ejercicio,
        asistente_id,
        min(edad) as edad,
        case when min(sexo) = max(sexo) then min(sexo) else 'no_especificado' end as sexo,
        case when min(colonia_id) = max(colonia_id) then min(colonia_id) else -1 end as colonia_id
    from asistencias
    group by 1, 2

)

select * from personas
