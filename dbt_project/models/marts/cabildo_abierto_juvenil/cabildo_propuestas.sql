with

{{ estado_hasta_el_corte('propuestas_cabildo', {'fecha_entrega': 'entregada_el'}) }},

entregadas as (

    select
        propuesta_id,
        ejercicio,
        tipo,
        eje,
        titulo,
        entregada_el as fecha_entrega,
        instancia_receptora,
        entregada_el is not null and instancia_receptora is not null as entregada,
        documento_url,
        fecha_corte
    from hasta_el_corte

)

select * from entregadas
order by propuesta_id
