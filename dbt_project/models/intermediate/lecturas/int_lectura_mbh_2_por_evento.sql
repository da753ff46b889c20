with

{{ acuerdos_del_anio() }},

{{ grupos_que_alcanzan('MBH-2', 'evento_id', 80, lectura='por_evento') }}

select * from valores
