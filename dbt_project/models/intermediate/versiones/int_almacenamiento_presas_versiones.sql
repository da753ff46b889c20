{{ versiones_de_entrega_parcial(ref('stg_almacenamiento_presas'), ['clave_presa', 'fecha']) }}
