with

talleres as (

    select * from {{ ref('int_talleres_versiones') }}

),

{{ hecho_de_planeado(
    'PP-2', 'talleres', 'taller_id', 'fecha_realizada', 'filas.dependencias_colaboradoras is not null', lectura='todo_el_anio',
) }}

select * from valores
