{{ estado_vigente(ref('int_banco_propuestas_versiones')) }}
