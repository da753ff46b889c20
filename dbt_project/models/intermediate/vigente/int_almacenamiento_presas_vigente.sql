{{ estado_vigente(ref('int_almacenamiento_presas_versiones')) }}
