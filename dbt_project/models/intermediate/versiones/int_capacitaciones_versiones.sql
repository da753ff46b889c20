{{ versiones_de_entrega_parcial(ref('stg_capacitaciones'), ['capacitacion_id']) }}
