{{ estado_vigente(ref('int_observaciones_versiones')) }}
