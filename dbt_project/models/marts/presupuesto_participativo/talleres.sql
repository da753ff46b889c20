with

asistencias as (

    select * from {{ ref('int_asistencias_por_taller') }}

),

{{ estado_hasta_el_corte('talleres', {'fecha_realizada': 'realizado_el'}) }},

talleres_planeados as (

    select
        hasta_el_corte.taller_id,
        hasta_el_corte.fecha_programada,
        hasta_el_corte.realizado_el as fecha_realizada,
        cast(extract(year from hasta_el_corte.fecha_programada) as bigint) as ejercicio,
        {{ situacion_programada('hasta_el_corte.fecha_programada', 'hasta_el_corte.realizado_el', 'hasta_el_corte.fecha_corte', 'o') }}
            as situacion,
        hasta_el_corte.sede,
        hasta_el_corte.tipo_sede,
        coalesce(hasta_el_corte.tipo_sede in ('universidad_publica', 'universidad_privada'), false) as en_universidad,
        hasta_el_corte.delegacion,
        lugares.colonia_id,
        lugares.colonia,
        hasta_el_corte.latitud,
        hasta_el_corte.longitud,
        lugares.hexagono,
        hasta_el_corte.dependencias_colaboradoras,
        {{ elementos_de_lista('hasta_el_corte.dependencias_colaboradoras') }} as numero_dependencias,
        hasta_el_corte.dependencias_colaboradoras is not null as con_dependencia_tecnica,
        coalesce(asistencias.asistencias, 0) as asistencias,
        {{ punto('hasta_el_corte.longitud', 'hasta_el_corte.latitud') }} as geometria,
        hasta_el_corte.fecha_corte
    from hasta_el_corte
    {{ unir_lugar('hasta_el_corte', 'talleres') }}
    left join asistencias on hasta_el_corte.taller_id = asistencias.taller_id

)

select * from talleres_planeados
order by taller_id
