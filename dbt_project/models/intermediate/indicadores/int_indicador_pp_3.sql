with

proyectos_pp as (

    select * from {{ ref('int_proyectos_pp_versiones') }}
    where financiado and tipo_espacio != 'otro'

),

hechos as (

    select
        cast(ejercicio_fiscal as integer) as ejercicio,
        vigente_desde,
        vigente_hasta,
        {{ inicio_del_plan() }} as fecha_denominador,
        fecha_carta_compromiso as fecha_numerador,
        cast(null as date) as fecha_hasta,
        {{ procedencia('proyecto_id') }}
    from proyectos_pp

),

{{ valores_por_conteo('PP-3') }}

select * from valores
