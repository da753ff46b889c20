with

{{ producto_aprobado_y_publicado('CAJ-4', fecha='filas.fecha_publicacion', lectura='solo_publicada') }}

select * from valores
