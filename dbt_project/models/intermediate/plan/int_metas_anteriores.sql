-- Targets that a later version of the matrix changed, at the quarters that are judged by the one before it: a quarter is judged by the
-- version in force at its cut-off (rules.md, "Status at a quarter"). Empty as long as no version has changed a target.
with

versiones as (

    select * from {{ ref('matriz_versiones') }}

),

anteriores as (

    select * from {{ ref('matriz_metas_anteriores') }}

),

trimestres as (

    select * from {{ ref('int_trimestres') }}

),

-- the first later version that changed the target holds what it was until then
ordenadas as (

    select
        anteriores.indicador,
        anteriores.ejercicio,
        trimestres.indice,
        anteriores.inicio,
        anteriores.vence,
        {{ indice_de_fecha('anteriores.vence') }} as indice_vence,
        anteriores.operador,
        anteriores.meta,
        row_number() over (
            partition by anteriores.indicador, anteriores.ejercicio, trimestres.indice
            order by versiones.orden
        ) as desde_entonces
    from anteriores
    inner join versiones on anteriores.version = versiones.version
    inner join trimestres on versiones.vigente_desde > trimestres.fecha_corte

),

metas_anteriores as (

    select
        indicador,
        ejercicio,
        indice,
        inicio,
        vence,
        indice_vence,
        operador,
        meta
    from ordenadas
    where desde_entonces = 1

)

select * from metas_anteriores
