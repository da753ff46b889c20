with

directorio as (

    select * from {{ ref('int_directorio_versiones') }}
    where tiene_contacto_ciudadano

),

metas as (

    select * from {{ ref('matriz_metas') }}
    where indicador = 'MBH-3'

),

-- every office with a contact counts from the first day of the year on
en_denominador as (

    select
        metas.ejercicio,
        directorio.vigente_desde,
        directorio.vigente_hasta,
        {{ primer_dia_del_anio('metas.ejercicio') }} as fecha_denominador,
        cast(null as date) as fecha_numerador,
        cast(null as date) as fecha_hasta,
        {{ procedencia('directorio.dependencia_id') }}
    from directorio
    cross join metas

),

-- an entry updated in the first half-year is up to date through its end; one of the second half-year stays so, as after
-- 31 December the evaluation is made with that day
en_numerador as (

    select
        metas.ejercicio,
        directorio.vigente_desde,
        directorio.vigente_hasta,
        cast(null as date) as fecha_denominador,
        directorio.fecha_actualizacion as fecha_numerador,
        case
            when extract(month from directorio.fecha_actualizacion) <= 6
                then cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 6, primer_dia_del_anio('metas.ejercicio'))) }} as date)
        end as fecha_hasta,
        {{ procedencia('directorio.dependencia_id') }}
    from directorio
    inner join metas on extract(year from directorio.fecha_actualizacion) = metas.ejercicio

),

hechos as (

    select * from en_denominador
    union all
    select * from en_numerador

),

{{ valores_por_conteo('MBH-3') }}

select * from valores
