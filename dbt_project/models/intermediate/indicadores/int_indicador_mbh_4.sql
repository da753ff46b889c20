with

eventos_mbh as (

    select * from {{ ref('int_eventos_mbh_versiones') }}

),

{{ proporcion_de_registros('MBH-4', 'eventos_mbh', 'evento_id', 'fecha', 'funcionarios_seguridad >= 1') }}

select * from valores
