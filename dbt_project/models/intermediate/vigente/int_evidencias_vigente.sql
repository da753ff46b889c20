{{ estado_vigente(ref('int_evidencias_versiones')) }}
