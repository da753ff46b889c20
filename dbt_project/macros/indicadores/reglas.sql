{# Written by `python -m warehouse.matrix` from plan/indicadores.yaml; never edit it by hand. #}

{# How every indicator is counted (`calculo`), and every other reading of it: what macros/indicadores/hechos.sql and contar.sql read. #}
{% macro reglas() %}
{% set todas = [
    {'indicador': "DA-1", 'lectura': "", 'regla': "hecho_de_planeado", 'export': "fases_proyecto", 'filas': "int_fases_proyecto_versiones", 'llave': ["proyecto", "fase_id"], 'hecha': "fecha_completada", 'ventana': "siempre", 'solo': ["proyecto = 'diagnostico_datos_abiertos'"], 'se_cuentan': "filas", 'al_menos': 4},
    {'indicador': "DA-2", 'lectura': "", 'regla': "producto_aprobado_y_publicado", 'export': "documentos", 'filas': "int_documentos_versiones", 'llave': ["documento_id"], 'fechas': ["fecha_validacion", "fecha_publicacion"], 'solo': [], 'se_cuentan': "presentes", 'hacen_falta': 1},
    {'indicador': "DA-3", 'lectura': "", 'regla': "hecho_de_planeado", 'export': "capacitaciones", 'filas': "int_capacitaciones_versiones", 'llave': ["capacitacion_id"], 'programada': "fecha_programada", 'hecha': "fecha_realizada", 'solo': [], 'se_cuentan': "filas", 'al_menos': 0},
    {'indicador': "DA-4", 'lectura': "", 'regla': "hecho_de_planeado", 'export': "fases_proyecto", 'filas': "int_fases_proyecto_versiones", 'llave': ["proyecto", "fase_id"], 'hecha': "fecha_completada", 'ventana': "siempre", 'solo': ["proyecto = 'portal_datos_abiertos'"], 'se_cuentan': "filas", 'al_menos': 5},
    {'indicador': "DA-5", 'lectura': "", 'regla': "actualizado_en_su_periodo", 'export': "variables_datos_abiertos", 'se_cuentan': "filas", 'modelo': "int_hechos_variables_actualizadas"},
    {'indicador': "DA-5", 'lectura': "cada_trimestre", 'regla': "actualizado_en_su_periodo", 'export': "variables_datos_abiertos", 'se_cuentan': "filas", 'modelo': "int_hechos_variables_actualizadas", 'meses': 3},
    {'indicador': "DA-6", 'lectura': "", 'regla': "proporcion_de_registros", 'export': "variables_datos_abiertos", 'filas': "int_variables_publicadas", 'llave': ["variable_id"], 'hecha': "publicada_el", 'solo': ["planificada and tema <> 'otro'"], 'se_cuentan': "filas", 'al_menos': 0},
    {'indicador': "DA-6", 'lectura': "todos_los_temas", 'regla': "proporcion_de_registros", 'export': "variables_datos_abiertos", 'filas': "int_variables_publicadas", 'llave': ["variable_id"], 'hecha': "publicada_el", 'solo': ["planificada"], 'se_cuentan': "filas", 'al_menos': 0},
    {'indicador': "DA-7", 'lectura': "", 'regla': "hecho_de_planeado", 'export': "elementos_interactivos", 'filas': "int_elementos_interactivos_versiones", 'llave': ["elemento_id"], 'programada': "fecha_programada", 'hecha': "fecha_integracion", 'ventana': "hasta_vence", 'solo': [], 'se_cuentan': "filas", 'al_menos': 0},
    {'indicador': "DA-7", 'lectura': "todos_los_programados", 'regla': "hecho_de_planeado", 'export': "elementos_interactivos", 'filas': "int_elementos_interactivos_versiones", 'llave': ["elemento_id"], 'programada': "fecha_programada", 'hecha': "fecha_integracion", 'ventana': "siempre", 'solo': [], 'se_cuentan': "filas", 'al_menos': 0},
    {'indicador': "DA-8", 'lectura': "", 'regla': "producto_aprobado_y_publicado", 'export': "documentos", 'filas': "int_documentos_versiones", 'llave': ["documento_id"], 'fechas': ["fecha_validacion", "fecha_publicacion"], 'solo': [], 'se_cuentan': "presentes", 'hacen_falta': 1},
    {'indicador': "PP-1", 'lectura': "", 'regla': "razon_entre_anios", 'export': "asistencia_talleres", 'filas': "int_asistencias_con_taller", 'llave': ["taller_id", "asistente_id"], 'fecha': "fecha_realizada", 'solo': [], 'se_cuentan': "filas", 'al_menos': 0},
    {'indicador': "PP-1", 'lectura': "mismos_meses", 'regla': "razon_entre_anios", 'export': "asistencia_talleres", 'filas': "int_asistencias_con_taller", 'llave': ["taller_id", "asistente_id"], 'fecha': "fecha_realizada", 'corrimiento': 1, 'solo': [], 'se_cuentan': "filas", 'al_menos': 0},
    {'indicador': "PP-1", 'lectura': "personas", 'regla': "razon_entre_anios", 'export': "asistencia_talleres", 'filas': "int_asistencias_con_taller", 'llave': ["asistente_id"], 'fecha': "fecha_realizada", 'persona': "asistente_id", 'solo': [], 'se_cuentan': "personas"},
    {'indicador': "PP-2", 'lectura': "", 'regla': "hecho_de_planeado", 'export': "talleres", 'filas': "int_talleres_versiones", 'llave': ["taller_id"], 'programada': "fecha_programada", 'hecha': "fecha_realizada", 'ventana': "anio_hasta_vence", 'arriba': "dependencias_colaboradoras is not null", 'solo': [], 'se_cuentan': "filas", 'al_menos': 0},
    {'indicador': "PP-2", 'lectura': "todo_el_anio", 'regla': "hecho_de_planeado", 'export': "talleres", 'filas': "int_talleres_versiones", 'llave': ["taller_id"], 'programada': "fecha_programada", 'hecha': "fecha_realizada", 'ventana': "anio", 'arriba': "dependencias_colaboradoras is not null", 'solo': [], 'se_cuentan': "filas", 'al_menos': 0},
    {'indicador': "PP-3", 'lectura': "", 'regla': "proporcion_de_registros", 'export': "proyectos_pp", 'filas': "int_proyectos_pp_versiones", 'llave': ["proyecto_id"], 'ejercicio': "ejercicio_fiscal", 'hecha': "fecha_carta_compromiso", 'solo': ["financiado and tipo_espacio <> 'otro'"], 'se_cuentan': "filas", 'al_menos': 0},
    {'indicador': "PP-3", 'lectura': "con_espacio_entregado", 'regla': "proporcion_de_registros", 'export': "proyectos_pp", 'filas': "int_proyectos_pp_versiones", 'llave': ["proyecto_id"], 'ejercicio': "ejercicio_fiscal", 'hecha': ["fecha_carta_compromiso", "fecha_entrega"], 'solo': ["financiado and tipo_espacio <> 'otro'"], 'se_cuentan': "filas", 'al_menos': 0},
    {'indicador': "PP-3", 'lectura': "el_dia_de_la_entrega", 'regla': "proporcion_de_registros", 'export': "proyectos_pp", 'filas': "int_proyectos_pp_versiones", 'llave': ["proyecto_id"], 'ejercicio': "ejercicio_fiscal", 'hecha': "fecha_carta_compromiso", 'solo': ["financiado and tipo_espacio <> 'otro'"], 'arriba': "fecha_carta_compromiso = fecha_entrega", 'se_cuentan': "filas", 'al_menos': 0},
    {'indicador': "PP-4", 'lectura': "", 'regla': "personas_distintas", 'export': "asistencia_talleres", 'filas': "int_asistencias_con_taller", 'llave': ["asistente_id"], 'persona': "asistente_id", 'fecha': "fecha_realizada", 'ventana': "inicio_a_vence", 'arriba': es_joven('edad'), 'solo': [], 'se_cuentan': "personas"},
    {'indicador': "PP-4", 'lectura': "todo_el_anio", 'regla': "personas_distintas", 'export': "asistencia_talleres", 'filas': "int_asistencias_con_taller", 'llave': ["asistente_id"], 'persona': "asistente_id", 'fecha': "fecha_realizada", 'ventana': "anio", 'arriba': es_joven('edad'), 'solo': [], 'se_cuentan': "personas"},
    {'indicador': "PP-5", 'lectura': "", 'regla': "hecho_de_planeado", 'export': "talleres", 'filas': "int_talleres_versiones", 'llave': ["taller_id"], 'programada': "fecha_programada", 'hecha': "fecha_realizada", 'ventana': "inicio_a_vence", 'arriba': "tipo_sede in ('universidad_publica', 'universidad_privada')", 'solo': [], 'se_cuentan': "filas", 'al_menos': 0},
    {'indicador': "PP-5", 'lectura': "todo_el_anio", 'regla': "hecho_de_planeado", 'export': "talleres", 'filas': "int_talleres_versiones", 'llave': ["taller_id"], 'programada': "fecha_programada", 'hecha': "fecha_realizada", 'ventana': "anio", 'arriba': "tipo_sede in ('universidad_publica', 'universidad_privada')", 'solo': [], 'se_cuentan': "filas", 'al_menos': 0},
    {'indicador': "MBH-1", 'lectura': "", 'regla': "proporcion_de_registros", 'export': "encuestas_satisfaccion", 'filas': "int_encuestas_satisfaccion_versiones", 'llave': ["respuesta_id"], 'fecha': "fecha", 'solo': ["respuesta <> 'no_contesta'"], 'arriba': "respuesta in ('satisfecho', 'muy_satisfecho')", 'se_cuentan': "filas", 'al_menos': 0},
    {'indicador': "MBH-1", 'lectura': "enero_a_julio", 'regla': "proporcion_de_registros", 'export': "encuestas_satisfaccion", 'filas': "int_encuestas_satisfaccion_versiones", 'llave': ["respuesta_id"], 'fecha': "fecha", 'solo': ["respuesta <> 'no_contesta' and extract(month from fecha) <= 7"], 'arriba': "respuesta in ('satisfecho', 'muy_satisfecho')", 'se_cuentan': "filas", 'al_menos': 0},
    {'indicador': "MBH-1", 'lectura': "septiembre_a_diciembre", 'regla': "proporcion_de_registros", 'export': "encuestas_satisfaccion", 'filas': "int_encuestas_satisfaccion_versiones", 'llave': ["respuesta_id"], 'fecha': "fecha", 'solo': ["respuesta <> 'no_contesta' and extract(month from fecha) >= 9"], 'arriba': "respuesta in ('satisfecho', 'muy_satisfecho')", 'se_cuentan': "filas", 'al_menos': 0},
    {'indicador': "MBH-1", 'lectura': "de_un_acuerdo", 'regla': "proporcion_de_registros", 'export': "encuestas_satisfaccion", 'filas': "int_encuestas_satisfaccion_versiones", 'llave': ["respuesta_id"], 'fecha': "fecha", 'solo': ["respuesta <> 'no_contesta' and acuerdo_id is not null"], 'arriba': "respuesta in ('satisfecho', 'muy_satisfecho')", 'se_cuentan': "filas", 'al_menos': 0},
    {'indicador': "MBH-2", 'lectura': "", 'regla': "proporcion_de_registros", 'export': "acuerdos", 'filas': "int_acuerdos_versiones", 'llave': ["acuerdo_id"], 'fecha': "fecha_acuerdo", 'hecha': "fecha_finalizacion", 'arriba': "extract(year from fecha_finalizacion) = extract(year from fecha_acuerdo)", 'solo': [], 'se_cuentan': "filas", 'al_menos': 0},
    {'indicador': "MBH-2", 'lectura': "por_evento", 'regla': "proporcion_de_registros", 'export': "acuerdos", 'filas': "int_acuerdos_versiones", 'llave': ["acuerdo_id"], 'fecha': "fecha_acuerdo", 'hecha': "fecha_finalizacion", 'arriba': "extract(year from fecha_finalizacion) = extract(year from fecha_acuerdo)", 'grupo': "evento_id", 'umbral': 80, 'solo': [], 'se_cuentan': "grupos"},
    {'indicador': "MBH-2", 'lectura': "con_plazo_cumplido", 'regla': "proporcion_de_registros", 'export': "acuerdos", 'filas': "int_acuerdos_versiones", 'llave': ["acuerdo_id"], 'fecha': "fecha_acuerdo", 'hecha': "fecha_finalizacion", 'arriba': "extract(year from fecha_finalizacion) = extract(year from fecha_acuerdo)", 'desde': plazo_cumplido_en_el_anio(), 'solo': [], 'se_cuentan': "filas", 'al_menos': 0},
    {'indicador': "MBH-2", 'lectura': "cien_por_ciento", 'regla': "proporcion_de_registros", 'export': "acuerdos", 'filas': "int_acuerdos_versiones", 'llave': ["acuerdo_id"], 'fecha': "fecha_acuerdo", 'hecha': "fecha_finalizacion", 'arriba': "extract(year from fecha_finalizacion) = extract(year from fecha_acuerdo)", 'solo': [], 'se_cuentan': "filas", 'al_menos': 0},
    {'indicador': "MBH-3", 'lectura': "", 'regla': "actualizado_en_su_periodo", 'export': "directorio", 'se_cuentan': "filas", 'modelo': "int_hechos_directorio"},
    {'indicador': "MBH-3", 'lectura': "primer_semestre", 'regla': "actualizado_en_su_periodo", 'export': "directorio", 'se_cuentan': "filas", 'modelo': "int_hechos_directorio", 'mes': 1},
    {'indicador': "MBH-3", 'lectura': "segundo_semestre", 'regla': "actualizado_en_su_periodo", 'export': "directorio", 'se_cuentan': "filas", 'modelo': "int_hechos_directorio", 'mes': 7},
    {'indicador': "MBH-4", 'lectura': "", 'regla': "proporcion_de_registros", 'export': "eventos_mbh", 'filas': "int_eventos_mbh_versiones", 'llave': ["evento_id"], 'fecha': "fecha", 'arriba': "funcionarios_seguridad >= 1", 'solo': [], 'se_cuentan': "filas", 'al_menos': 0},
    {'indicador': "MBH-5", 'lectura': "", 'regla': "proporcion_de_registros", 'export': "eventos_mbh", 'filas': "int_eventos_mbh_versiones", 'llave': ["evento_id"], 'fecha': "fecha", 'arriba': "operadores_sac >= 1", 'solo': [], 'se_cuentan': "filas", 'al_menos': 0},
    {'indicador': "CAJ-1", 'lectura': "", 'regla': "producto_aprobado_y_publicado", 'export': "documentos", 'filas': "int_documentos_versiones", 'llave': ["documento_id"], 'fechas': ["fecha_validacion", "fecha_publicacion"], 'solo': [], 'se_cuentan': "presentes", 'hacen_falta': 1},
    {'indicador': "CAJ-1", 'lectura': "solo_validado", 'regla': "producto_aprobado_y_publicado", 'export': "documentos", 'filas': "int_documentos_versiones", 'llave': ["documento_id"], 'fechas': ["fecha_validacion"], 'solo': [], 'se_cuentan': "presentes", 'hacen_falta': 1},
    {'indicador': "CAJ-2", 'lectura': "", 'regla': "producto_aprobado_y_publicado", 'export': "documentos", 'filas': "int_documentos_versiones", 'llave': ["documento_id"], 'fechas': ["fecha_validacion", "fecha_publicacion"], 'solo': [], 'se_cuentan': "presentes", 'hacen_falta': 1},
    {'indicador': "CAJ-3", 'lectura': "", 'regla': "ambos_presentes", 'export': "comite_seleccion", 'filas': "int_comite_seleccion_versiones", 'llave': ["integrante_id"], 'fecha': "fecha_integracion", 'categoria': "sector", 'presentes': ["universidad", "comite_colonos"], 'solo': [], 'se_cuentan': "presentes", 'hacen_falta': 2, 'grupo': "sector"},
    {'indicador': "CAJ-4", 'lectura': "", 'regla': "producto_aprobado_y_publicado", 'export': "documentos", 'filas': "int_documentos_versiones", 'llave': ["documento_id"], 'fechas': ["fecha_validacion", "fecha_publicacion"], 'solo': [], 'se_cuentan': "presentes", 'hacen_falta': 1},
    {'indicador': "CAJ-4", 'lectura': "solo_el_acto", 'regla': "producto_aprobado_y_publicado", 'export': "documentos", 'filas': "int_documentos_versiones", 'llave': ["documento_id"], 'fechas': ["fecha_validacion"], 'solo': [], 'se_cuentan': "presentes", 'hacen_falta': 1},
    {'indicador': "CAJ-4", 'lectura': "solo_publicada", 'regla': "producto_aprobado_y_publicado", 'export': "documentos", 'filas': "int_documentos_versiones", 'llave': ["documento_id"], 'fechas': ["fecha_publicacion"], 'solo': [], 'se_cuentan': "presentes", 'hacen_falta': 1},
    {'indicador': "CAJ-5", 'lectura': "", 'regla': "hecho_de_planeado", 'export': "sesiones_escuela", 'filas': "int_sesiones_escuela_versiones", 'llave': ["sesion_id"], 'programada': "fecha_programada", 'hecha': "fecha_realizada", 'solo': [], 'se_cuentan': "filas", 'al_menos': 0},
    {'indicador': "CAJ-6", 'lectura': "", 'regla': "hecho_de_planeado", 'export': "mesas_trabajo", 'filas': "int_mesas_trabajo_versiones", 'llave': ["mesa_id"], 'programada': "fecha_programada", 'hecha': "fecha_realizada", 'solo': [], 'se_cuentan': "filas", 'al_menos': 0},
    {'indicador': "CAJ-7", 'lectura': "", 'regla': "producto_aprobado_y_publicado", 'export': "documentos", 'filas': "int_documentos_versiones", 'llave': ["documento_id"], 'fechas': ["fecha_validacion", "fecha_publicacion"], 'solo': [], 'se_cuentan': "presentes", 'hacen_falta': 1},
    {'indicador': "CAJ-7", 'lectura': "validado_por_cualquiera", 'regla': "producto_aprobado_y_publicado", 'export': "documentos", 'filas': "int_documentos_versiones", 'llave': ["documento_id"], 'fechas': ["fecha_validacion", "fecha_publicacion"], 'cualquiera_valida': true, 'solo': [], 'se_cuentan': "presentes", 'hacen_falta': 1},
    {'indicador': "CAJ-8", 'lectura': "", 'regla': "ambos_presentes", 'export': "propuestas_cabildo", 'filas': "int_propuestas_cabildo_versiones", 'llave': ["propuesta_id"], 'fecha': "fecha_entrega", 'categoria': "tipo", 'presentes': ["politica_publica", "reforma_reglamentaria"], 'solo': [es_ayuntamiento_o_comision('instancia_receptora')], 'se_cuentan': "presentes", 'hacen_falta': 2, 'grupo': "tipo"},
] %}
{{ return(todas) }}
{% endmacro %}

{# Of each export whose rows are shown, the columns that say what a row is about. #}
{% macro se_muestran() %}
{% set todas = {
    'fases_proyecto': ["fase"],
    'documentos': ["titulo"],
    'capacitaciones': ["titulo"],
    'variables_datos_abiertos': ["conjunto", "variable"],
    'elementos_interactivos': ["nombre"],
    'talleres': ["sede"],
    'proyectos_pp': ["nombre"],
    'eventos_mbh': ["delegacion"],
    'acuerdos': ["tema", "dependencia"],
    'directorio': ["dependencia"],
    'sesiones_escuela': ["titulo"],
    'mesas_trabajo': ["titulo"],
    'propuestas_cabildo': ["titulo"],
} %}
{{ return(todas) }}
{% endmacro %}

{# The municipality. #}
{% macro municipio() %}
    {{ return("León") }}
{% endmacro %}

{# Its key in the national catalogue. #}
{% macro clave_del_municipio() %}
    {{ return("11020") }}
{% endmacro %}

{# Whom the plan calls young: first and last age. #}
{% macro jovenes() %}
    {{ return({'desde': 18, 'hasta': 30}) }}
{% endmacro %}

{# First and last day of the plan, the index of its first quarter and how many it has. #}
{% macro plan() %}
    {{ return({'inicio': "2025-01-01", 'fin': "2027-12-31", 'primer_trimestre': 8100, 'trimestres': 12, 'dias': 1095}) }}
{% endmacro %}
