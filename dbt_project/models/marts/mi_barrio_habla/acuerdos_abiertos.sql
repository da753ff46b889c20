with

acuerdos as (

    select * from {{ ref('int_acuerdos_con_plazo') }}

),

abiertos as (

    select
        acuerdo_id,
        evento_id,
        dependencia,
        tema,
        tipo,
        descripcion,
        descripcion_reservado,
        folio_sac,
        colonia_id,
        colonia,
        fecha_acuerdo,
        fecha_limite,
        situacion,
        cast(dias_vencidos as bigint) as dias_vencidos,
        fecha_corte
    from acuerdos
    where fecha_finalizacion is null

)

select * from abiertos
order by acuerdo_id
