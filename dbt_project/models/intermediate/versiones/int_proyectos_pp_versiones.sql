{{ versiones_de_entrega_parcial(ref('stg_proyectos_pp'), ['proyecto_id']) }}
