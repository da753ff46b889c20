with

propuestas_cabildo as (

    select * from {{ ref('int_propuestas_cabildo_versiones') }}

),

{{ ambos_presentes(
    'CAJ-8', 'propuestas_cabildo', 'propuestas_cabildo', 'propuesta_id', 'fecha_entrega',
    'tipo', ['politica_publica', 'reforma_reglamentaria'], es_ayuntamiento_o_comision('instancia_receptora'),
) }}

select * from valores
