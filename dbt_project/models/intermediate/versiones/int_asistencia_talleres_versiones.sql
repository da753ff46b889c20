{{ versiones_de_entrega_parcial(ref('stg_asistencia_talleres'), ['taller_id', 'asistente_id']) }}
