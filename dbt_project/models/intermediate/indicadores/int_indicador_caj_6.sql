with

mesas_trabajo as (

    select * from {{ ref('int_mesas_trabajo_versiones') }}

),

{{ hecho_de_planeado('CAJ-6', 'mesas_trabajo', 'mesa_id', 'fecha_realizada') }}

select * from valores
