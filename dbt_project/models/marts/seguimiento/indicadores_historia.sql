with

cambios as (

    select * from {{ ref('int_cambios_de_valores') }}

),

entregas_nuevas as (

    select * from {{ ref('int_entregas_nuevas_de_release') }}

),

primeros as (

    select * from cambios
    where paso = 1

),

actuales as (

    select * from cambios
    where paso_desde_el_final = 1

),

ordenados as (

    select
        *,
        count(*) over (partition by indicador, ejercicio, trimestre) as veces,
        row_number() over (partition by indicador, ejercicio, trimestre order by orden desc) as desde_el_ultimo
    from cambios
    where cambio

),

ultimos as (

    select
        ordenados.*,
        entregas_nuevas.entregas,
        case
            when entregas_nuevas.entregas is not null then 'entregas'
            when ordenados.cambio_de_metodo then 'metodo'
            else 'bitacora'
        end as causa
    from ordenados
    left join entregas_nuevas
        on ordenados.release = entregas_nuevas.release and ordenados.indicador = entregas_nuevas.indicador
    where ordenados.desde_el_ultimo = 1

),

final as (

    select
        actuales.indicador,
        actuales.ejercicio,
        actuales.trimestre,
        primeros.release as primera_publicacion,
        primeros.valor as primer_valor,
        primeros.estado as primer_estado,
        actuales.valor as valor_actual,
        actuales.estado as estado_actual,
        cast(coalesce(ultimos.veces, 0) as bigint) as veces_que_cambio,
        ultimos.release as publicacion_ultimo_cambio,
        ultimos.valor_anterior,
        ultimos.valor as valor_nuevo,
        ultimos.valor_al_vencimiento_anterior,
        ultimos.valor_al_vencimiento as valor_al_vencimiento_nuevo,
        ultimos.estado_anterior,
        ultimos.estado as estado_nuevo,
        ultimos.causa,
        case ultimos.causa
            when 'entregas' then {{ dbt.concat(["'Entregas nuevas: '", 'ultimos.entregas', "'.'"]) }}
            when 'metodo' then 'Cambió el método de cálculo; ninguna entrega de las fuentes es nueva.'
            when 'bitacora' then 'Cambió la bitácora de publicación de este portal; ninguna entrega de las fuentes es nueva.'
        end as explicacion
    from actuales
    inner join primeros
        on
            actuales.indicador = primeros.indicador
            and actuales.ejercicio = primeros.ejercicio
            and actuales.trimestre = primeros.trimestre
    left join ultimos
        on
            actuales.indicador = ultimos.indicador
            and actuales.ejercicio = ultimos.ejercicio
            and actuales.trimestre = ultimos.trimestre

)

select * from final
order by indicador, ejercicio, trimestre
