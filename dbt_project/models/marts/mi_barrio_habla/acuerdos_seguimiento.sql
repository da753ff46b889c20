with

acuerdos as (

    select * from {{ ref('int_acuerdos_con_plazo') }}

),

seguimiento as (

    select
        acuerdo_id,
        evento_id,
        fecha_acuerdo,
        cast(extract(year from fecha_acuerdo) as bigint) as ejercicio,
        tipo,
        tema,
        dependencia,
        colonia_id,
        colonia,
        hexagono,
        fecha_limite,
        fecha_finalizacion,
        situacion,
        cast(dias_vencidos as bigint) as dias_vencidos,
        cast({{ dias_de_retraso('fecha_acuerdo', 'coalesce(fecha_finalizacion, fecha_corte)') }} as bigint) as dias_transcurridos,
        fecha_corte
    from acuerdos

)

select * from seguimiento
order by acuerdo_id
