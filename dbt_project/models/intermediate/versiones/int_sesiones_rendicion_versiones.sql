{{ versiones_de_entrega_parcial(ref('stg_sesiones_rendicion'), ['sesion_id']) }}
