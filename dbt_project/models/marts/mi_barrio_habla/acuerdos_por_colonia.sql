with

acuerdos as (

    select
        coalesce(colonia_id, -1) as colonia_id,
        coalesce(colonia, 'Sin ubicar') as colonia,
        vigente_desde,
        vigente_hasta,
        fecha_acuerdo,
        fecha_limite,
        fecha_finalizacion
    from {{ ref('int_acuerdos_por_version') }}

),

trimestres as (

    select * from {{ ref('int_trimestres') }}

),

{{ acuerdos_por_trimestre(['colonia_id', 'colonia']) }},

por_colonia as (

    select
        trimestre,
        fecha_corte,
        colonia_id,
        colonia,
        acuerdos,
        finalizados_en_plazo,
        finalizados_con_retraso,
        en_plazo,
        vencidos,
        dias_vencidos
    from por_trimestre

)

select * from por_colonia
order by trimestre, colonia_id
