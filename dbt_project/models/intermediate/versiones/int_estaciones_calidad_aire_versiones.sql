{{ versiones_de_entrega_completa(ref('stg_estaciones_calidad_aire'), 'estaciones_calidad_aire') }}
