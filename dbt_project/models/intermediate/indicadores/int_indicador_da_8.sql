with

{{ producto_aprobado_y_publicado('DA-8') }}

select * from valores
