-- Agreements made up to the cut-off, with their due day and their place. An agreement is due one calendar month after it was made when
-- inmediato, three when gestion, the day clipped to the month's end (rules.md, "Follow-up of Mi Barrio Habla agreements").
with

{{ acuerdos_con_plazo_de('int_acuerdos_vigente', [
    'acuerdos.evento_id', 'acuerdos.descripcion', 'acuerdos.descripcion_reservado', 'acuerdos.folio_sac', 'lugares.hexagono', 'corte.fecha_corte',
]) }},

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
