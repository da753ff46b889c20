{{ config(enabled=pamga_leon.se_entrega('asistencia_talleres'), materialized='view') }}
-- Attendances of workshops that were held, each in the quarters in which both its own version and that of its workshop stand.
with

talleres as (

    select * from {{ ref('int_talleres_versiones') }}
    where fecha_realizada is not null

),

asistencias as (

    select * from {{ ref('int_asistencia_talleres_versiones') }}

),

con_taller as (

    select
        asistencias.taller_id,
        asistencias.asistente_id,
        asistencias.edad,
        talleres.fecha_realizada,
        {{ mayor_de('asistencias.vigente_desde', 'talleres.vigente_desde') }} as vigente_desde,
        {{ menor_de('asistencias.vigente_hasta', 'talleres.vigente_hasta') }} as vigente_hasta,
        asistencias.entrega_dependencia,
        asistencias.entrega_trimestre,
        asistencias.entrega_version,
        asistencias.fila
    from asistencias
    inner join talleres
        on
            asistencias.taller_id = talleres.taller_id
            and asistencias.vigente_desde < talleres.vigente_hasta
            and asistencias.vigente_hasta > talleres.vigente_desde

)

select * from con_taller
