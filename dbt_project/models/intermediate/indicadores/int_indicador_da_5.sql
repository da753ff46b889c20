with

{{ variables_actualizadas('DA-5', meses_de_periodicidad('periodicidad')) }}

select * from valores
