{{ versiones_de_entrega_parcial(ref('stg_banco_propuestas'), ['propuesta_id']) }}
