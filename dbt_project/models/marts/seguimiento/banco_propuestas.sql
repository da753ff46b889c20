with

propuestas as (

    select * from {{ ref('int_banco_propuestas_vigente') }}

),

compromisos as (

    select * from {{ ref('matriz_compromisos') }}

),

final as (

    select
        propuestas.propuesta_id,
        compromisos.compromiso,
        compromisos.nombre as mecanismo,
        propuestas.propuesta,
        propuestas.repite,
        propuestas.repite is null as es_distinta,
        propuestas.indicador as indicadores,
        propuestas.indicador is not null as retomada,
        propuestas.motivo
    from propuestas
    inner join compromisos on propuestas.mecanismo = {{ plegado('compromisos.nombre') }}

)

select * from final
order by propuesta_id
