-- Agreements made up to the cut-off, with their due day and their place. An agreement is due one calendar month after it was made when
-- inmediato, three when gestion, the day clipped to the month's end (rules.md, "Follow-up of Mi Barrio Habla agreements").
with

acuerdos as (

    select * from {{ ref('int_acuerdos_vigente') }}

),

corte as (

    select * from {{ ref('int_corte') }}

),

lugares as (

    select * from {{ ref('int_lugares') }}
    where export = 'acuerdos'

),

con_plazo as (

    select
        acuerdos.acuerdo_id,
        acuerdos.evento_id,
        acuerdos.fecha_acuerdo,
        acuerdos.tipo,
        acuerdos.tema,
        acuerdos.dependencia,
        acuerdos.descripcion,
        acuerdos.descripcion_reservado,
        acuerdos.folio_sac,
        lugares.colonia_id,
        lugares.colonia,
        lugares.hexagono,
        corte.fecha_corte,
        {{ limite_de_acuerdo('acuerdos') }} as fecha_limite,
        case when acuerdos.fecha_finalizacion <= corte.fecha_corte then acuerdos.fecha_finalizacion end as fecha_finalizacion
    from acuerdos
    inner join corte on acuerdos.fecha_acuerdo <= corte.fecha_corte
    {{ unir_lugar('acuerdos') }}

),

con_situacion as (

    select
        *,
        case
            when fecha_finalizacion <= fecha_limite then 'finalizado_en_plazo'
            when fecha_finalizacion > fecha_limite then 'finalizado_con_retraso'
            when fecha_corte <= fecha_limite then 'en_plazo'
            else 'vencido'
        end as situacion,
        {{ dias_de_retraso('fecha_limite', 'coalesce(fecha_finalizacion, fecha_corte)') }} as dias_vencidos
    from con_plazo

)

select * from con_situacion
