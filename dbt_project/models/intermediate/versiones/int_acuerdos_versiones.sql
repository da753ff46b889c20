{{ versiones_de_entrega_parcial(ref('stg_acuerdos'), ['acuerdo_id']) }}
