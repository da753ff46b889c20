{{ versiones_de_entrega_parcial(ref('stg_eventos_mbh'), ['evento_id']) }}
