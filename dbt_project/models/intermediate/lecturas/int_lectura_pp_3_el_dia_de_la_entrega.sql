with

{{ cartas_compromiso(
    'PP-3', 'case when fecha_carta_compromiso = fecha_entrega then fecha_entrega end', lectura='el_dia_de_la_entrega',
) }}

select * from valores
