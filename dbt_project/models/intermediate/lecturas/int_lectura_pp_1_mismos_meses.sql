with

{{ asistencias_entre_anios('PP-1', corrimiento=1, lectura='mismos_meses') }}

select * from valores
