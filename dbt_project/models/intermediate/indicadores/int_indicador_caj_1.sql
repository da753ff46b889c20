with

{{ producto_aprobado_y_publicado('CAJ-1') }}

select * from valores
