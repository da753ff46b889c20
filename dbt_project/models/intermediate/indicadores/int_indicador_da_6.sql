with

{{ variables_publicadas('DA-6', "planificada and tema != 'otro'") }}

select * from valores
