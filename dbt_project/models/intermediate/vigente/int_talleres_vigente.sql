{{ estado_vigente(ref('int_talleres_versiones')) }}
