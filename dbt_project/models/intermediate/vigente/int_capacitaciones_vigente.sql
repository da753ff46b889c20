{{ estado_vigente(ref('int_capacitaciones_versiones')) }}
