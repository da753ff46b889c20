with

{{ acuerdos_del_anio() }},

{{ valores_por_conteo('MBH-2') }}

select * from valores
