{{ estado_vigente(ref('int_estaciones_calidad_aire_versiones')) }}
