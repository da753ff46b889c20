with

{{ producto_aprobado_y_publicado('CAJ-4', fecha='filas.fecha_validacion', lectura='solo_el_acto') }}

select * from valores
