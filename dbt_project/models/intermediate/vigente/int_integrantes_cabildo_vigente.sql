{{ estado_vigente(ref('int_integrantes_cabildo_versiones')) }}
