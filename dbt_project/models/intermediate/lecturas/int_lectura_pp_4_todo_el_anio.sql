with

talleres as (

    select * from {{ ref('int_talleres_versiones') }}
    where fecha_realizada is not null

),

{% set en_el_anio = 'extract(year from talleres.fecha_realizada) = metas.ejercicio' %}

{{ personas_distintas('PP-4', en_el_anio, en_el_anio, 'asistencia_talleres.edad between 18 and 30', lectura='todo_el_anio') }}

select * from valores
