with

documentos as (

    select * from {{ ref('int_documentos_terminados') }}

),

metas as (

    select * from {{ ref('matriz_metas') }}

),

indicadores as (

    select * from {{ ref('matriz_indicadores') }}

),

corte as (

    select * from {{ ref('int_corte') }}

),

ordenados as (

    select
        *,
        count(*) over (partition by indicador, ejercicio) as documentos,
        row_number() over (
            partition by indicador, ejercicio
            order by
                case when terminado_el is null then 1 else 0 end,
                terminado_el,
                entrega_dependencia,
                documento_id
        ) as orden
    from documentos

),

calendario as (

    select
        metas.indicador,
        cast(metas.ejercicio as bigint) as ejercicio,
        indicadores.compromiso,
        metas.inicio,
        metas.vence,
        coalesce(ordenados.documentos, 0) as documentos,
        ordenados.titulo,
        ordenados.validado_el as fecha_validacion,
        ordenados.publicado_el as fecha_publicacion,
        ordenados.terminado_el,
        case
            when ordenados.terminado_el <= metas.vence then 'terminado_en_tiempo'
            when ordenados.terminado_el > metas.vence then 'terminado_con_retraso'
            when corte.fecha_corte > metas.vence then 'vencido'
            when ordenados.documentos > 0 then 'en_elaboracion'
            else 'por_entregar'
        end as situacion,
        cast({{ dbt.datediff('corte.fecha_corte', 'metas.vence', 'day') }} as bigint) as dias_para_vencer,
        corte.fecha_corte
    from metas
    inner join indicadores on metas.indicador = indicadores.indicador
    cross join corte
    left join ordenados
        on
            metas.indicador = ordenados.indicador
            and metas.ejercicio = ordenados.ejercicio
            and ordenados.orden = 1
    where indicadores.regla = 'producto_aprobado_y_publicado'

)

select * from calendario
order by indicador, ejercicio
