with

encuestas as (

    select * from {{ ref('int_encuestas_satisfaccion_vigente') }}

),

trimestres as (

    select * from {{ ref('int_trimestres') }}

),

por_trimestre as (

    select
        {{ indice_de_fecha('fecha') }} as indice,
        {{ contar_respuestas() }}
    from encuestas
    group by 1

),

por_ejercicio as (

    select
        trimestres.indice,
        sum(por_trimestre.validas) as validas,
        sum(por_trimestre.satisfechas) as satisfechas
    from trimestres
    inner join por_trimestre
        on
            trimestres.indice >= por_trimestre.indice
            and {{ entero_entre('trimestres.indice', 4) }} = {{ entero_entre('por_trimestre.indice', 4) }}
    group by 1

),

satisfaccion as (

    select
        trimestres.trimestre,
        trimestres.fecha_corte,
        cast(coalesce(por_trimestre.muy_satisfecho, 0) as bigint) as muy_satisfecho,
        cast(coalesce(por_trimestre.satisfecho, 0) as bigint) as satisfecho,
        cast(coalesce(por_trimestre.neutral, 0) as bigint) as neutral,
        cast(coalesce(por_trimestre.insatisfecho, 0) as bigint) as insatisfecho,
        cast(coalesce(por_trimestre.muy_insatisfecho, 0) as bigint) as muy_insatisfecho,
        cast(coalesce(por_trimestre.no_contesta, 0) as bigint) as no_contesta,
        cast(coalesce(por_trimestre.validas, 0) as bigint) as validas,
        cast(coalesce(por_trimestre.satisfechas, 0) as bigint) as satisfechas,
        {{ porcentaje('por_trimestre.satisfechas', 'por_trimestre.validas') }} as porcentaje,
        cast(coalesce(por_ejercicio.validas, 0) as bigint) as validas_ejercicio,
        cast(coalesce(por_ejercicio.satisfechas, 0) as bigint) as satisfechas_ejercicio,
        {{ porcentaje('por_ejercicio.satisfechas', 'por_ejercicio.validas') }} as porcentaje_ejercicio
    from trimestres
    left join por_trimestre on trimestres.indice = por_trimestre.indice
    left join por_ejercicio on trimestres.indice = por_ejercicio.indice

)

select * from satisfaccion
order by trimestre
