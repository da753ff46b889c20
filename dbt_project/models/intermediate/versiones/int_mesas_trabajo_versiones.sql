{{ versiones_de_entrega_parcial(ref('stg_mesas_trabajo'), ['mesa_id']) }}
