{{ estado_vigente(ref('int_documentos_versiones')) }}
