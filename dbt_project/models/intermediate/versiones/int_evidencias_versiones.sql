{{ versiones_de_entrega_parcial(ref('stg_evidencias'), ['entrega_dependencia', 'evidencia_id']) }}
