{{ estado_vigente(ref('int_mesas_trabajo_versiones')) }}
