{{ estado_vigente(ref('int_localidades_versiones')) }}
