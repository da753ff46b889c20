{{ versiones_de_entrega_parcial(ref('stg_documentos'), ['entrega_dependencia', 'documento_id']) }}
