{{ versiones_de_entrega_parcial(ref('stg_comentarios_ciudadanos'), ['comentario_id']) }}
