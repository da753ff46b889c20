-- What the Secretariado had said of a target by a quarter: its last opinion on that quarter or an earlier one. Nobody having looked is an
-- answer of its own, never a good one.
with

observaciones as (

    select
        *,
        {{ indice_de_trimestre('trimestre_evaluado') }} as indice_evaluado
    from {{ ref('int_observaciones_vigente') }}

),

corte as (

    select * from {{ ref('int_corte') }}

),

metas as (

    select * from {{ ref('int_metas') }}

),

trimestres as (

    select * from {{ ref('int_trimestres') }}

),

ordenadas as (

    select
        metas.indicador,
        metas.ejercicio,
        trimestres.indice,
        observaciones.dictamen,
        observaciones.trimestre_evaluado,
        observaciones.fecha_sesion,
        row_number() over (
            partition by metas.indicador, metas.ejercicio, trimestres.indice
            order by observaciones.indice_evaluado desc, observaciones.fecha_sesion desc, observaciones.observacion_id desc
        ) as desde_la_ultima
    from metas
    cross join trimestres
    cross join corte
    inner join observaciones
        on
            metas.indicador = observaciones.indicador
            and metas.ejercicio = observaciones.ejercicio
            and trimestres.indice >= observaciones.indice_evaluado
            and corte.fecha_corte >= observaciones.fecha_sesion

),

dictamenes as (

    select
        metas.indicador,
        metas.ejercicio,
        trimestres.indice,
        coalesce(ordenadas.dictamen, 'sin_revisar') as dictamen,
        ordenadas.trimestre_evaluado as dictamen_trimestre,
        ordenadas.fecha_sesion as dictamen_fecha
    from metas
    cross join trimestres
    left join ordenadas
        on
            metas.indicador = ordenadas.indicador
            and metas.ejercicio = ordenadas.ejercicio
            and trimestres.indice = ordenadas.indice
            and ordenadas.desde_la_ultima = 1

)

select * from dictamenes
