with

respuestas as (

    select * from {{ ref('int_encuestas_satisfaccion_versiones') }}
    where respuesta != 'no_contesta' and acuerdo_id is not null

),

{{ proporcion_de_registros(
    'MBH-1', 'respuestas', 'respuesta_id', 'fecha', "respuesta in ('satisfecho', 'muy_satisfecho')", lectura='de_un_acuerdo',
) }}

select * from valores
