{{ estado_vigente(ref('int_variables_datos_abiertos_versiones')) }}
