{{ versiones_de_entrega_parcial(ref('stg_elementos_interactivos'), ['elemento_id']) }}
