with

{{ producto_aprobado_y_publicado('CAJ-1', fecha='filas.fecha_validacion', lectura='solo_validado') }}

select * from valores
