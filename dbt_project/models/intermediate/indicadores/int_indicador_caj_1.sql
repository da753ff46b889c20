with

{{ producto_aprobado_y_publicado(
    'CAJ-1',
    condicion=lista_contiene('filas.organos_validadores', "'consejo_directivo_imju'")
        ~ ' and ' ~ lista_contiene('filas.organos_validadores', "'comision_juventud'"),
) }}

select * from valores
