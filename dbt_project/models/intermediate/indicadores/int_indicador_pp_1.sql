with

talleres as (

    select * from {{ ref('int_talleres_versiones') }}
    where fecha_realizada is not null

),

asistencia_talleres as (

    select * from {{ ref('int_asistencia_talleres_versiones') }}

),

-- an attendance counts while both it and its workshop stand, from the day of the workshop on
asistencias as (

    select
        cast(extract(year from talleres.fecha_realizada) as integer) as anio,
        talleres.fecha_realizada,
        {{ mayor_de('asistencia_talleres.vigente_desde', 'talleres.vigente_desde') }} as vigente_desde,
        {{ menor_de('asistencia_talleres.vigente_hasta', 'talleres.vigente_hasta') }} as vigente_hasta,
        {{ dbt.concat(['asistencia_talleres.taller_id', "' · '", 'asistencia_talleres.asistente_id']) }} as llave,
        asistencia_talleres.entrega_dependencia,
        asistencia_talleres.entrega_trimestre,
        asistencia_talleres.entrega_version,
        asistencia_talleres.fila
    from asistencia_talleres
    inner join talleres
        on
            asistencia_talleres.taller_id = talleres.taller_id
            and asistencia_talleres.vigente_desde < talleres.vigente_hasta
            and talleres.vigente_desde < asistencia_talleres.vigente_hasta

),

del_anio_anterior as (

    select
        anio + 1 as ejercicio,
        vigente_desde,
        vigente_hasta,
        fecha_realizada as fecha_denominador,
        cast(null as date) as fecha_numerador,
        cast(null as date) as fecha_hasta,
        llave,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version,
        fila
    from asistencias

),

del_anio as (

    select
        anio as ejercicio,
        vigente_desde,
        vigente_hasta,
        cast(null as date) as fecha_denominador,
        fecha_realizada as fecha_numerador,
        cast(null as date) as fecha_hasta,
        llave,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version,
        fila
    from asistencias

),

hechos as (

    select * from del_anio_anterior
    union all
    select * from del_anio

),

{{ valores_por_conteo('PP-1') }}

select * from valores
