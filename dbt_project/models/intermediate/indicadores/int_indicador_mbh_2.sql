with

acuerdos as (

    select * from {{ ref('int_acuerdos_versiones') }}

),

hechos as (

    select
        cast(extract(year from fecha_acuerdo) as integer) as ejercicio,
        vigente_desde,
        vigente_hasta,
        fecha_acuerdo as fecha_denominador,
        case
            when extract(year from fecha_finalizacion) = extract(year from fecha_acuerdo)
                then {{ cuando_ambas('fecha_acuerdo', 'fecha_finalizacion') }}
        end as fecha_numerador,
        cast(null as date) as fecha_hasta,
        {{ procedencia('acuerdo_id') }}
    from acuerdos

),

{{ valores_por_conteo('MBH-2') }}

select * from valores
