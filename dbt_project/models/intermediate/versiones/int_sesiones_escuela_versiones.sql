{{ versiones_de_entrega_parcial(ref('stg_sesiones_escuela'), ['sesion_id']) }}
