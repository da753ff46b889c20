-- The last change of each published figure and what made it: new deliveries that can have, else another method, else our publication log.
with

cambios as (

    select * from {{ ref('int_cambios_de_valores') }}

),

entregas_nuevas as (

    select * from {{ ref('int_entregas_nuevas_de_release') }}

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

    select * from ordenados
    where desde_el_ultimo = 1

),

-- what is delivered for a later quarter cannot change an earlier one
causas as (

    select
        ultimos.indicador,
        ultimos.ejercicio,
        ultimos.trimestre,
        {{ dbt.listagg('entregas_nuevas.entrega', "'; '", 'order by entregas_nuevas.orden') }} as entregas
    from ultimos
    inner join entregas_nuevas
        on
            ultimos.release = entregas_nuevas.release
            and ultimos.indicador = entregas_nuevas.indicador
            and entregas_nuevas.indice <= {{ indice_de_trimestre('ultimos.trimestre') }}
    group by 1, 2, 3

),

explicados as (

    select
        ultimos.indicador,
        ultimos.ejercicio,
        ultimos.trimestre,
        ultimos.release,
        ultimos.veces,
        ultimos.valor_anterior,
        ultimos.valor,
        ultimos.valor_al_vencimiento_anterior,
        ultimos.valor_al_vencimiento,
        ultimos.estado_anterior,
        ultimos.estado,
        case
            when causas.entregas is not null then 'entregas'
            when ultimos.cambio_de_metodo then 'metodo'
            else 'bitacora'
        end as causa,
        case
            when causas.entregas is not null and ultimos.cambio_de_metodo
                then {{ dbt.concat(["'Entregas nuevas: '", 'causas.entregas', "'. También cambió el programa que calcula.'"]) }}
            when causas.entregas is not null then {{ dbt.concat(["'Entregas nuevas: '", 'causas.entregas', "'.'"]) }}
            when ultimos.cambio_de_metodo
                then 'Cambió el método de cálculo; ninguna entrega que pueda cambiar este valor es nueva.'
            else 'Cambió la bitácora de publicación de este portal; ninguna entrega que pueda cambiar este valor es nueva.'
        end as explicacion
    from ultimos
    left join causas using (indicador, ejercicio, trimestre)

)

select * from explicados
