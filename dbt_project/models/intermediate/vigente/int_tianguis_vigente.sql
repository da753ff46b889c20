{{ estado_vigente(ref('int_tianguis_versiones')) }}
