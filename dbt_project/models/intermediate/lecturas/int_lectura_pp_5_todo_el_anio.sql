with

talleres as (

    select * from {{ ref('int_talleres_versiones') }}

),

{{ hecho_de_planeado(
    'PP-5', 'talleres', 'taller_id', 'fecha_realizada',
    "filas.tipo_sede in ('universidad_publica', 'universidad_privada')", lectura='todo_el_anio',
) }}

select * from valores
