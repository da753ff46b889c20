with

eventos_mbh as (

    select * from {{ ref('int_eventos_mbh_versiones') }}

),

{{ proporcion_de_registros('MBH-5', 'eventos_mbh', 'evento_id', 'fecha', 'operadores_sac >= 1') }}

select * from valores
