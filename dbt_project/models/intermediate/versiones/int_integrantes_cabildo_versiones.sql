{{ versiones_de_entrega_parcial(ref('stg_integrantes_cabildo'), ['integrante_id']) }}
