with

{{ asistencias_entre_anios('PP-1') }}

select * from valores
