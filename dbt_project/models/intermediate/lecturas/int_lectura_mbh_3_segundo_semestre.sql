with

{{ directorio_en_semestre('MBH-3', 7, 'segundo_semestre') }}

select * from valores
