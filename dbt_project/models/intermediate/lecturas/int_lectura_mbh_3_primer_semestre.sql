with

{{ directorio_en_semestre('MBH-3', 1, 'primer_semestre') }}

select * from valores
