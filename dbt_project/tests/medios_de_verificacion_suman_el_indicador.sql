-- A table that is called a means of verification adds up to its indicator of the same quarter and year.
with

sumas as (

    select
        'MBH-2' as indicador,
        trimestre,
        sum(finalizados_ejercicio) as numerador,
        sum(acuerdos_ejercicio) as denominador
    from {{ ref('acuerdos_por_dependencia') }}
    group by 1, 2
    union all
    select
        'MBH-1' as indicador,
        trimestre,
        satisfechas_ejercicio as numerador,
        validas_ejercicio as denominador
    from {{ ref('satisfaccion_trimestre') }}

),

indicadores as (

    select * from {{ ref('indicadores_trimestre') }}
    where indicador in ('MBH-1', 'MBH-2') and {{ entero_entre(indice_de_trimestre('trimestre'), 4) }} = ejercicio

),

distintos as (

    select
        indicadores.indicador,
        indicadores.trimestre,
        indicadores.numerador,
        indicadores.denominador,
        coalesce(sumas.numerador, 0) as suma_numerador,
        coalesce(sumas.denominador, 0) as suma_denominador
    from indicadores
    left join sumas on indicadores.indicador = sumas.indicador and indicadores.trimestre = sumas.trimestre

)

select * from distintos
where numerador != suma_numerador or denominador != suma_denominador
