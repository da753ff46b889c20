with

metas as (

    select * from {{ ref('int_metas') }}

),

indicadores as (

    select * from {{ ref('matriz_indicadores') }}

),

final as (

    select
        metas.indicador,
        metas.compromiso,
        indicadores.nombre,
        metas.ejercicio,
        metas.inicio,
        metas.vence,
        {{ trimestre_de_indice('metas.indice_vence') }} as trimestre_vence,
        metas.operador,
        metas.meta,
        indicadores.unidad,
        {{ texto_de_meta('metas.operador', 'metas.meta', 'indicadores.unidad') }} as meta_texto,
        indicadores.meta_esperada
    from metas
    inner join indicadores on metas.indicador = indicadores.indicador

)

select * from final
order by indicador, ejercicio
