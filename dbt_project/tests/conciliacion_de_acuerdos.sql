-- The marts of agreements say the same of the last quarter: by agreement, by office, by colonia and by week, and MBH-2 of its
-- year counts the same agreements. A row is a figure that differs.
with

seguimiento as (

    select
        count(*) as acuerdos,
        count(case when situacion = 'vencido' then 1 end) as vencidos,
        count(case when fecha_finalizacion is null then 1 end) as abiertos
    from {{ ref('acuerdos_seguimiento') }}

),

ultimo as (

    -- nothing to compare once deliveries go on after the plan's last quarter
    select trimestres.*
    from {{ ref('int_trimestres') }} as trimestres
    inner join {{ ref('int_corte') }} as corte on trimestres.indice = corte.indice

),

dependencias as (

    select
        sum(marts.acuerdos) as acuerdos,
        sum(marts.vencidos) as vencidos,
        sum(marts.en_plazo + marts.vencidos) as abiertos,
        sum(marts.acuerdos_ejercicio) as denominador,
        sum(marts.finalizados_ejercicio) as numerador
    from {{ ref('acuerdos_por_dependencia') }} as marts
    inner join ultimo on marts.trimestre = ultimo.trimestre

),

colonias as (

    select
        sum(marts.acuerdos) as acuerdos,
        sum(marts.vencidos) as vencidos,
        sum(marts.en_plazo + marts.vencidos) as abiertos
    from {{ ref('acuerdos_por_colonia') }} as marts
    inner join ultimo on marts.trimestre = ultimo.trimestre

),

semanas as (

    select
        sum(marts.abiertos) as abiertos,
        sum(marts.vencidos) as vencidos
    from {{ ref('acuerdos_rezago_semanal') }} as marts
    inner join ultimo on marts.fin_semana = ultimo.fecha_corte

),

indicador as (

    select
        indicadores.numerador,
        indicadores.denominador
    from {{ ref('indicadores_trimestre') }} as indicadores
    inner join ultimo
        on
            indicadores.trimestre = ultimo.trimestre
            and indicadores.ejercicio = {{ entero_entre('ultimo.indice', 4) }}
    where indicadores.indicador = 'MBH-2'

),

comparados as (

    select
        'dependencias' as mart,
        seguimiento.acuerdos - dependencias.acuerdos as acuerdos,
        seguimiento.vencidos - dependencias.vencidos as vencidos,
        seguimiento.abiertos - dependencias.abiertos as abiertos
    from seguimiento
    cross join dependencias
    union all
    select
        'colonias' as mart,
        seguimiento.acuerdos - colonias.acuerdos as acuerdos,
        seguimiento.vencidos - colonias.vencidos as vencidos,
        seguimiento.abiertos - colonias.abiertos as abiertos
    from seguimiento
    cross join colonias
    union all
    select
        'semanas' as mart,
        0 as acuerdos,
        seguimiento.vencidos - semanas.vencidos as vencidos,
        seguimiento.abiertos - semanas.abiertos as abiertos
    from seguimiento
    cross join semanas
    union all
    select
        'MBH-2' as mart,
        dependencias.denominador - indicador.denominador as acuerdos,
        dependencias.numerador - indicador.numerador as vencidos,
        0 as abiertos
    from dependencias
    cross join indicador

)

select * from comparados
where acuerdos != 0 or vencidos != 0 or abiertos != 0
