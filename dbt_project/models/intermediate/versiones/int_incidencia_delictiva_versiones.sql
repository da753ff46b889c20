{{ versiones_de_entrega_parcial(ref('stg_incidencia_delictiva'), ['anio', 'mes', 'subtipo_delito', 'modalidad']) }}
