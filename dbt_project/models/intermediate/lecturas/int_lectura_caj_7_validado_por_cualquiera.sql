with

{{ producto_aprobado_y_publicado('CAJ-7', con_validadores=false, lectura='validado_por_cualquiera') }}

select * from valores
