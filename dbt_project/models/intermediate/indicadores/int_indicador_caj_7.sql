with

{{ producto_aprobado_y_publicado('CAJ-7') }}

select * from valores
