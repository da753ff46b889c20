with

{{ elementos_integrados('DA-7', 'elementos_interactivos.fecha_programada <= metas.vence') }}

select * from valores
