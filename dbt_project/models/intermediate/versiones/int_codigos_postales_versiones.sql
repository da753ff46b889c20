{{ versiones_de_entrega_completa(ref('stg_codigos_postales'), 'codigos_postales') }}
