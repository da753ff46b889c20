with

encuestas as (

    select * from {{ ref('int_encuestas_satisfaccion_versiones') }}

),

trimestres as (

    select * from {{ ref('int_trimestres') }}

),

-- the answers in the state as of each quarter, so that the year's columns are the indicator's of that quarter
en_su_trimestre as (

    select
        trimestres.indice,
        encuestas.respuesta,
        {{ indice_de_fecha('encuestas.fecha') }} as indice_respuesta
    from trimestres
    inner join encuestas
        on
            trimestres.indice >= encuestas.vigente_desde
            and trimestres.indice < encuestas.vigente_hasta
            and trimestres.fecha_corte >= encuestas.fecha
            and {{ entero_entre('trimestres.indice', 4) }} = {{ entero_entre(indice_de_fecha('encuestas.fecha'), 4) }}

),

por_trimestre as (

    select
        indice,
        {{ contar_respuestas() }}
    from en_su_trimestre
    where indice_respuesta = indice
    group by 1

),

por_ejercicio as (

    select
        indice,
        {{ contar_respuestas() }}
    from en_su_trimestre
    group by 1

),

satisfaccion as (

    select
        trimestres.trimestre,
        trimestres.fecha_corte,
        {{ respuestas_presentadas('por_trimestre') }},
        cast(coalesce(por_ejercicio.validas, 0) as bigint) as validas_ejercicio,
        cast(coalesce(por_ejercicio.satisfechas, 0) as bigint) as satisfechas_ejercicio,
        {{ porcentaje('por_ejercicio.satisfechas', 'por_ejercicio.validas') }} as porcentaje_ejercicio
    from trimestres
    left join por_trimestre on trimestres.indice = por_trimestre.indice
    left join por_ejercicio on trimestres.indice = por_ejercicio.indice

)

select * from satisfaccion
order by trimestre
