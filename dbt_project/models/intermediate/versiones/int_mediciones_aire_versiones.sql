{{ versiones_de_entrega_parcial(ref('stg_mediciones_aire'), ['estacion_id', 'contaminante', 'fecha']) }}
