with

ods as (

    select * from {{ ref('matriz_ods') }}

),

compromisos as (

    select * from {{ ref('matriz_compromisos') }}

),

tablero as (

    select * from {{ ref('tablero_indicadores') }}
    where es_ultimo_trimestre

),

por_compromiso as (

    select
        compromiso,
        count(*) as metas,
        sum(case when estado = 'cumplida' then 1 else 0 end) as metas_cumplidas
    from tablero
    group by 1

),

indicadores as (

    select
        compromiso,
        count(*) as indicadores
    from {{ ref('matriz_indicadores') }}
    group by 1

),

final as (

    select
        ods.compromiso,
        compromisos.nombre as nombre_compromiso,
        ods.ods,
        cast({{ dbt.split_part('ods.ods', "'.'", 1) }} as integer) as objetivo,
        ods.texto,
        ods.alineacion,
        ods.orden,
        indicadores.indicadores,
        cast(coalesce(por_compromiso.metas, 0) as bigint) as metas,
        cast(coalesce(por_compromiso.metas_cumplidas, 0) as bigint) as metas_cumplidas
    from ods
    inner join compromisos on ods.compromiso = compromisos.compromiso
    inner join indicadores on ods.compromiso = indicadores.compromiso
    left join por_compromiso on ods.compromiso = por_compromiso.compromiso

)

select * from final
order by compromiso, ods, alineacion
