with

{{ estado_hasta_el_corte('proyectos_pp', {
    'fecha_inicio': 'iniciado_el',
    'fecha_entrega': 'entregado_el',
    'fecha_carta_compromiso': 'carta_del',
}) }},

proyectos_con_cifras as (

    select
        hasta_el_corte.proyecto_id,
        hasta_el_corte.nombre,
        hasta_el_corte.ejercicio_fiscal,
        hasta_el_corte.tipo_espacio,
        hasta_el_corte.financiado,
        case
            when not hasta_el_corte.financiado then 'no_financiado'
            when hasta_el_corte.entregado_el is not null then 'entregado'
            when hasta_el_corte.iniciado_el is not null then 'en_obra'
            else 'por_iniciar'
        end as situacion,
        hasta_el_corte.delegacion,
        lugares.colonia_id,
        lugares.colonia,
        hasta_el_corte.latitud,
        hasta_el_corte.longitud,
        lugares.hexagono,
        hasta_el_corte.monto_mxn,
        hasta_el_corte.monto_contratado_mxn,
        hasta_el_corte.monto_ejercido_mxn,
        hasta_el_corte.contratista,
        hasta_el_corte.superficie_m2,
        cast(
            coalesce(
                hasta_el_corte.monto_ejercido_mxn, hasta_el_corte.monto_contratado_mxn, hasta_el_corte.monto_mxn
            ) / nullif(hasta_el_corte.superficie_m2, 0) as {{ tipo_decimal() }}
        ) as costo_m2_mxn,
        hasta_el_corte.votos,
        hasta_el_corte.avance_fisico_pct,
        hasta_el_corte.iniciado_el as fecha_inicio,
        hasta_el_corte.fecha_entrega_programada,
        hasta_el_corte.entregado_el as fecha_entrega,
        cast({{ dbt.datediff('hasta_el_corte.iniciado_el', 'hasta_el_corte.entregado_el', 'day') }} as bigint) as dias_inicio_entrega,
        cast(
            {{
                dias_de_retraso(
                    'hasta_el_corte.fecha_entrega_programada', 'coalesce(hasta_el_corte.entregado_el, hasta_el_corte.fecha_corte)'
                )
            }} as bigint
        ) as dias_retraso,
        hasta_el_corte.carta_del as fecha_carta_compromiso,
        hasta_el_corte.carta_del is not null as con_carta,
        {{ punto('hasta_el_corte.longitud', 'hasta_el_corte.latitud') }} as geometria,
        hasta_el_corte.fecha_corte
    from hasta_el_corte
    {{ unir_lugar('hasta_el_corte', 'proyectos_pp') }}

)

select * from proyectos_con_cifras
order by proyecto_id
