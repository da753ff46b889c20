with

talleres as (

    select * from {{ ref('int_talleres_versiones') }}
    where fecha_realizada is not null

),

-- the time that the plan measures: workshops held from inicio to vence (rules.md, "Windows")
{% set en_su_tiempo = 'talleres.fecha_realizada between metas.inicio and metas.vence' %}

{{ personas_distintas('PP-4', en_su_tiempo, en_su_tiempo, 'asistencia_talleres.edad between 18 and 30') }},

-- the rows that count, for `pamga explain`
hechos as (

    select
        metas.ejercicio,
        {{ mayor_de('asistencia_talleres.vigente_desde', 'talleres.vigente_desde') }} as vigente_desde,
        {{ menor_de('asistencia_talleres.vigente_hasta', 'talleres.vigente_hasta') }} as vigente_hasta,
        talleres.fecha_realizada as fecha_denominador,
        case when asistencia_talleres.edad between 18 and 30 then talleres.fecha_realizada end as fecha_numerador,
        cast(null as date) as fecha_hasta,
        asistencia_talleres.asistente_id as llave,
        asistencia_talleres.entrega_dependencia,
        asistencia_talleres.entrega_trimestre,
        asistencia_talleres.entrega_version,
        asistencia_talleres.fila
    from {{ ref('int_asistencia_talleres_versiones') }} as asistencia_talleres
    inner join talleres
        on
            asistencia_talleres.taller_id = talleres.taller_id
            and asistencia_talleres.vigente_desde < talleres.vigente_hasta
            and talleres.vigente_desde < asistencia_talleres.vigente_hasta
    inner join metas on {{ en_su_tiempo }}

)

select * from valores
