with

capacitaciones as (

    select * from {{ ref('int_capacitaciones_versiones') }}

),

{{ hecho_de_planeado('DA-3', 'capacitaciones', 'capacitacion_id', 'fecha_realizada') }}

select * from valores
