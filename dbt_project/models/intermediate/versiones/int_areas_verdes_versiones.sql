{{ versiones_de_entrega_parcial(ref('stg_areas_verdes'), ['area_id']) }}
