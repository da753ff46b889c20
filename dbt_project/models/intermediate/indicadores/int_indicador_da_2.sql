with

{{ producto_aprobado_y_publicado('DA-2') }}

select * from valores
