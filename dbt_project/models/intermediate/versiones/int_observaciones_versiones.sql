{{ versiones_de_entrega_parcial(ref('stg_observaciones'), ['observacion_id']) }}
