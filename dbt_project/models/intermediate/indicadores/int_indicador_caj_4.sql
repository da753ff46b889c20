with

{{ producto_aprobado_y_publicado('CAJ-4') }}

select * from valores
