{{ versiones_de_entrega_parcial(ref('stg_comite_seleccion'), ['integrante_id']) }}
