with

{{ variables_publicadas('DA-6', 'planificada', lectura='todos_los_temas') }}

select * from valores
