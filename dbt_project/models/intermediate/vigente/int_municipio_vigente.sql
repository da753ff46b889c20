{{ estado_vigente(ref('int_municipio_versiones')) }}
