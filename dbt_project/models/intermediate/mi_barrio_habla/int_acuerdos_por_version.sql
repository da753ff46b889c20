-- Each version of every agreement with the quarters in which it stands, its due day and its place; the tables by quarter are made of it, so
-- that they add up to MBH-2 of the same quarter. What happened after the last cut-off has not happened.
with

acuerdos as (

    select * from {{ ref('int_acuerdos_versiones') }}

),

corte as (

    select * from {{ ref('int_corte') }}

),

lugares as (

    select * from {{ ref('int_lugares') }}
    where export = 'acuerdos'

),

por_version as (

    select
        acuerdos.acuerdo_id,
        acuerdos.fecha_acuerdo,
        acuerdos.tipo,
        acuerdos.tema,
        acuerdos.dependencia,
        acuerdos.vigente_desde,
        acuerdos.vigente_hasta,
        lugares.colonia_id,
        lugares.colonia,
        {{ limite_de_acuerdo('acuerdos') }} as fecha_limite,
        case when acuerdos.fecha_finalizacion <= corte.fecha_corte then acuerdos.fecha_finalizacion end as fecha_finalizacion
    from acuerdos
    inner join corte on acuerdos.fecha_acuerdo <= corte.fecha_corte
    {{ unir_lugar('acuerdos') }}

)

select * from por_version
