{{ estado_vigente(ref('int_encuestas_satisfaccion_versiones')) }}
