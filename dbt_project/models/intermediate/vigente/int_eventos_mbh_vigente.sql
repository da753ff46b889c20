{{ estado_vigente(ref('int_eventos_mbh_versiones')) }}
