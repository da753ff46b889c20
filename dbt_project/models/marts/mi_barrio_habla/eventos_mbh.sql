with

eventos as (

    select * from {{ ref('int_eventos_mbh_vigente') }}

),

acuerdos as (

    select * from {{ ref('int_acuerdos_con_plazo') }}

),

corte as (

    select * from {{ ref('int_corte') }}

),

acuerdos_por_evento as (

    select
        evento_id,
        {{ acuerdos_por_situacion(1) }}
    from acuerdos
    group by 1

),

eventos_hechos as (

    select
        eventos.evento_id,
        eventos.fecha,
        {{ trimestre_de_indice(indice_de_fecha('eventos.fecha')) }} as trimestre,
        cast(extract(year from eventos.fecha) as bigint) as ejercicio,
        lugares.colonia_id,
        lugares.colonia,
        eventos.localidad,
        eventos.delegacion,
        eventos.latitud,
        eventos.longitud,
        lugares.hexagono,
        eventos.asistentes,
        eventos.mujeres,
        eventos.hombres,
        eventos.funcionarios_seguridad,
        eventos.operadores_sac,
        eventos.funcionarios_seguridad >= 1 as con_seguridad,
        eventos.operadores_sac >= 1 as con_sac,
        eventos.dependencias_presentes,
        {{ elementos_de_lista('eventos.dependencias_presentes') }} as numero_dependencias,
        coalesce(acuerdos_por_evento.acuerdos, 0) as acuerdos,
        coalesce(acuerdos_por_evento.finalizados_en_plazo, 0) as finalizados_en_plazo,
        coalesce(acuerdos_por_evento.finalizados_con_retraso, 0) as finalizados_con_retraso,
        coalesce(acuerdos_por_evento.en_plazo, 0) as en_plazo,
        coalesce(acuerdos_por_evento.vencidos, 0) as vencidos,
        {{ punto('eventos.longitud', 'eventos.latitud') }} as geometria
    from eventos
    inner join corte on eventos.fecha <= corte.fecha_corte
    {{ unir_lugar('eventos', 'eventos_mbh') }}
    left join acuerdos_por_evento on eventos.evento_id = acuerdos_por_evento.evento_id

)

select * from eventos_hechos
order by evento_id
