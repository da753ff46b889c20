{{ versiones_de_entrega_parcial(ref('stg_directorio'), ['dependencia_id']) }}
