{{ estado_vigente(ref('int_sesiones_escuela_versiones')) }}
