{{ estado_vigente(ref('int_directorio_versiones')) }}
