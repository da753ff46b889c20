{{ estado_vigente(ref('int_incidencia_delictiva_versiones')) }}
