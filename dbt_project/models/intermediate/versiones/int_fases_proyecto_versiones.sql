{{ versiones_de_entrega_parcial(ref('stg_fases_proyecto'), ['proyecto', 'fase_id']) }}
