with

respuestas as (

    select * from {{ ref('int_encuestas_satisfaccion_versiones') }}
    where respuesta != 'no_contesta' and extract(month from fecha) >= 9

),

{{ proporcion_de_registros(
    'MBH-1', 'respuestas', 'respuesta_id', 'fecha', "respuesta in ('satisfecho', 'muy_satisfecho')", lectura='septiembre_a_diciembre',
) }}

select * from valores
