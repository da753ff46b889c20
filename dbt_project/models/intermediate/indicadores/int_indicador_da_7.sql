with

elementos_interactivos as (

    select * from {{ ref('int_elementos_interactivos_versiones') }}

),

metas as (

    select * from {{ ref('matriz_metas') }}
    where indicador = 'DA-7'

),

hechos as (

    select
        metas.ejercicio,
        elementos_interactivos.vigente_desde,
        elementos_interactivos.vigente_hasta,
        {{ inicio_del_plan() }} as fecha_denominador,
        elementos_interactivos.fecha_integracion as fecha_numerador,
        cast(null as date) as fecha_hasta,
        {{ procedencia('elementos_interactivos.elemento_id') }}
    from elementos_interactivos
    inner join metas on elementos_interactivos.fecha_programada <= metas.vence

),

{{ valores_por_conteo('DA-7') }}

select * from valores
