{{ estado_vigente(ref('int_comite_seleccion_versiones')) }}
