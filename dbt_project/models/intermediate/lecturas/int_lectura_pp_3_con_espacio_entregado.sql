with

{{ cartas_compromiso(
    'PP-3', cuando_ambas('fecha_carta_compromiso', 'fecha_entrega'), lectura='con_espacio_entregado',
) }}

select * from valores
