{{ estado_vigente(ref('int_sesiones_rendicion_versiones')) }}
