{{ estado_vigente(ref('int_asistencia_talleres_versiones')) }}
