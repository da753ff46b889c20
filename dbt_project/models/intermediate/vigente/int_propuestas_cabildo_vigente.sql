{{ estado_vigente(ref('int_propuestas_cabildo_versiones')) }}
