{{ estado_vigente(ref('int_areas_verdes_versiones')) }}
