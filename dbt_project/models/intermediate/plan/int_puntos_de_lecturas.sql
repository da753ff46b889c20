-- Where the other readings are evaluated: as int_puntos_de_evaluacion, with the due days that each reading has.
with

metas as (

    select
        *,
        {{ indice_de_fecha('vence') }} as indice_vence
    from {{ ref('matriz_lecturas_metas') }}

),

trimestres as (

    select * from {{ ref('int_trimestres') }}

),

cortes as (

    select
        metas.indicador,
        metas.lectura,
        metas.ejercicio,
        trimestres.indice as estado_indice,
        trimestres.fecha_corte as dia
    from metas
    cross join trimestres

),

vencimientos as (

    select
        metas.indicador,
        metas.lectura,
        metas.ejercicio,
        metas.indice_vence as estado_indice,
        metas.vence as dia
    from metas
    inner join trimestres on metas.indice_vence = trimestres.indice and metas.vence <= trimestres.fecha_corte

),

puntos as (

    select * from cortes
    union distinct
    select * from vencimientos

)

select * from puntos
