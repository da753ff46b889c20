{{ estado_vigente(ref('int_presas_versiones')) }}
