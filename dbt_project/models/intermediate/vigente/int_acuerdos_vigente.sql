{{ estado_vigente(ref('int_acuerdos_versiones')) }}
