with

acuerdos as (

    select * from {{ ref('int_acuerdos_por_version') }}

),

trimestres as (

    select * from {{ ref('int_trimestres') }}

),

{{ acuerdos_por_trimestre(['dependencia', 'tema', 'tipo']) }},

por_dependencia as (

    select
        trimestre,
        fecha_corte,
        dependencia,
        tema,
        tipo,
        acuerdos,
        finalizados_en_plazo,
        finalizados_con_retraso,
        en_plazo,
        vencidos,
        acuerdos_trimestre,
        acuerdos_ejercicio,
        finalizados_ejercicio,
        dias_vencidos,
        dias_vencidos_maximo
    from por_trimestre

)

select * from por_dependencia
order by trimestre, dependencia, tema, tipo
