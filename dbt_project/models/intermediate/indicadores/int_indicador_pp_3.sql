with

{{ cartas_compromiso('PP-3') }}

select * from valores
