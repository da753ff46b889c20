with

documentos as (

    select * from {{ ref('int_documentos_terminados') }}

),

metas as (

    select * from {{ ref('matriz_metas') }}

),

con_situacion as (

    select
        documentos.entrega_dependencia as dependencia,
        documentos.documento_id,
        documentos.indicador,
        documentos.ejercicio,
        documentos.titulo,
        documentos.validado_el as fecha_validacion,
        documentos.organos_validadores,
        documentos.publicado_el as fecha_publicacion,
        documentos.url_publicacion,
        metas.vence,
        documentos.terminado_el,
        case
            when documentos.terminado_el is not null and metas.vence is null then 'terminado_sin_meta'
            when documentos.terminado_el <= metas.vence then 'terminado_en_tiempo'
            when documentos.terminado_el > metas.vence then 'terminado_con_retraso'
            when documentos.publicado_el is not null then 'publicado_sin_validar'
            when documentos.validado_el is not null then 'validado'
            else 'en_elaboracion'
        end as situacion,
        cast({{ dbt.datediff('metas.vence', 'documentos.terminado_el', 'day') }} as bigint) as dias_respecto_vencimiento,
        documentos.fecha_corte
    from documentos
    left join metas using (indicador, ejercicio)

)

select * from con_situacion
order by dependencia, documento_id
