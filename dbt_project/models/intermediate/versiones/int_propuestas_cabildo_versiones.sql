{{ versiones_de_entrega_parcial(ref('stg_propuestas_cabildo'), ['propuesta_id']) }}
