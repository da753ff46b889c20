with

sesiones_escuela as (

    select * from {{ ref('int_sesiones_escuela_versiones') }}

),

{{ hecho_de_planeado('CAJ-5', 'sesiones_escuela', 'sesion_id', 'fecha_realizada') }}

select * from valores
