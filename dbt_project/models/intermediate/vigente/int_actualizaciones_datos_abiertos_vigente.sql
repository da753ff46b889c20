{{ estado_vigente(ref('int_actualizaciones_datos_abiertos_versiones')) }}
