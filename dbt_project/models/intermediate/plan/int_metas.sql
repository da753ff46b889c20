with

metas as (

    select * from {{ ref('matriz_metas') }}

),

indicadores as (

    select * from {{ ref('matriz_indicadores') }}

),

con_trimestre as (

    select
        metas.indicador,
        indicadores.compromiso,
        indicadores.orden,
        metas.ejercicio,
        metas.inicio,
        metas.vence,
        {{ indice_de_fecha('metas.vence') }} as indice_vence,
        metas.operador,
        metas.meta
    from metas
    inner join indicadores on metas.indicador = indicadores.indicador

)

select * from con_trimestre
