{{ estado_vigente(ref('int_mediciones_aire_versiones')) }}
