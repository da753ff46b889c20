{{ versiones_de_entrega_completa(ref('stg_colonias'), 'colonias') }}
