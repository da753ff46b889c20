{{ versiones_de_entrega_parcial(ref('stg_variables_datos_abiertos'), ['variable_id']) }}
