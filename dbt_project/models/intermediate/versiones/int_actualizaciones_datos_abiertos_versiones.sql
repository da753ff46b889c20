{{ versiones_de_entrega_parcial(ref('stg_actualizaciones_datos_abiertos'), ['variable_id', 'fecha_actualizacion']) }}
