with

{{ variables_actualizadas('DA-5', 3, lectura='cada_trimestre') }}

select * from valores
