{{ estado_vigente(ref('int_codigos_postales_versiones')) }}
