with

{{ producto_aprobado_y_publicado('CAJ-2') }}

select * from valores
