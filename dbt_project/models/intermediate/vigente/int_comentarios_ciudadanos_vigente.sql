{{ estado_vigente(ref('int_comentarios_ciudadanos_versiones')) }}
