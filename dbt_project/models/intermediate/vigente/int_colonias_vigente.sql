{{ estado_vigente(ref('int_colonias_versiones')) }}
