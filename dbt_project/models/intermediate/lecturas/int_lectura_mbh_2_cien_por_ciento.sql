with

{{ acuerdos_del_anio() }},

{{ valores_por_conteo('MBH-2', lectura='cien_por_ciento') }}

select * from valores
