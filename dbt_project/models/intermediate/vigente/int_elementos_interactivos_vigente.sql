{{ estado_vigente(ref('int_elementos_interactivos_versiones')) }}
