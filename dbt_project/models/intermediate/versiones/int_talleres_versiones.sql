{{ versiones_de_entrega_parcial(ref('stg_talleres'), ['taller_id']) }}
