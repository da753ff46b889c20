{{ estado_vigente(ref('int_fases_proyecto_versiones')) }}
