{{ estado_vigente(ref('int_proyectos_pp_versiones')) }}
