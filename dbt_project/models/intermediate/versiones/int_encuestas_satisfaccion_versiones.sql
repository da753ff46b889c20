{{ versiones_de_entrega_parcial(ref('stg_encuestas_satisfaccion'), ['respuesta_id']) }}
