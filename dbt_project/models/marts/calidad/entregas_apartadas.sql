{#
  What does not count although it could be read, why, and what counts instead (rules.md, "Rows"). What was corrected since is no longer
  here.
#}
with

apartadas as (

    select * from {{ ref('stg_apartadas') }}
    where not corregida

),

nombres as (

    select distinct
        export,
        nombre
    from {{ ref('plazos_entrega') }}

),

dependencias as (select * from {{ ref('matriz_dependencias') }}),

indicadores as (

    select
        export,
        {{ dbt.listagg('indicador', "';'", 'order by indicador') }} as indicadores
    from {{ ref('matriz_fuentes') }}
    group by 1

),

final as (

    select
        apartadas.export,
        nombres.nombre as nombre_export,
        apartadas.dependencia,
        dependencias.nombre as nombre_dependencia,
        apartadas.trimestre,
        cast(apartadas.version as bigint) as version,
        apartadas.received_on as fecha_recibida,
        apartadas.origen,
        apartadas.motivo,
        apartadas.persona,
        apartadas.fecha as fecha_decision,
        cast(apartadas.queda as bigint) as version_vigente,
        case
            when apartadas.queda is null then 'La entrega cuenta como no recibida hasta que se corrija.'
            else 'Vale la versión anterior hasta que se corrija.'
        end as consecuencia,
        indicadores.indicadores
    from apartadas
    inner join nombres on apartadas.export = nombres.export
    inner join dependencias on apartadas.dependencia = dependencias.dependencia
    left join indicadores on apartadas.export = indicadores.export

)

select * from final
order by export, dependencia, trimestre, version
