with

{{ elementos_integrados('DA-7', 'true', lectura='todos_los_programados') }}

select * from valores
