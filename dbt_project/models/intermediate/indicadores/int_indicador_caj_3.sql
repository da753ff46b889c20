with

comite_seleccion as (

    select * from {{ ref('int_comite_seleccion_versiones') }}

),

{{ ambos_presentes(
    'CAJ-3', 'comite_seleccion', 'comite_seleccion', 'integrante_id', 'fecha_integracion',
    'sector', ['universidad', 'comite_colonos'],
) }}

select * from valores
