-- The day on which a target was reached, on the newest state, where the rows tell it: what is divided by stood before the target's time
-- began, so that each row that counts above has one day from which it does, and the day of the row that was still needed is the one.
with

-- facts are many and their days few: they are counted by day before anything is asked of them
hechos as (

    select
        hechos.indicador,
        hechos.ejercicio,
        hechos.fecha_denominador,
        hechos.fecha_numerador,
        hechos.fecha_hasta,
        count(*) as filas
    from {{ ref('int_hechos') }} as hechos
    inner join {{ ref('int_trimestres') }} as trimestres
        on
            trimestres.es_ultimo
            and trimestres.indice >= hechos.vigente_desde
            and trimestres.indice < hechos.vigente_hasta
    where coalesce(hechos.lectura, '') = ''
    group by 1, 2, 3, 4, 5

),

evaluados as (

    select
        evaluados.indicador,
        evaluados.ejercicio,
        evaluados.inicio,
        indicadores.regla,
        {{ se_piden('evaluados.denominador', 'evaluados.operador', 'evaluados.meta') }} as se_piden
    from {{ ref('int_indicadores_evaluados') }} as evaluados
    inner join {{ ref('int_trimestres') }} as trimestres
        on
            evaluados.indice = trimestres.indice
            and trimestres.es_ultimo
    inner join {{ ref('matriz_indicadores') }} as indicadores on evaluados.indicador = indicadores.indicador
    where evaluados.denominador > 0

),

-- of people counted once, of pairs that must both be there and of what may count no longer, no single row tells the day
fijos as (

    select
        evaluados.indicador,
        evaluados.ejercicio,
        evaluados.se_piden
    from evaluados
    inner join hechos using (indicador, ejercicio)
    where evaluados.regla not in ('personas_distintas', 'ambos_presentes')
    group by 1, 2, 3
    having
        count(hechos.fecha_hasta) = 0
        and count(case when hechos.fecha_denominador > evaluados.inicio then 1 end) = 0

),

por_dia as (

    select
        fijos.indicador,
        fijos.ejercicio,
        fijos.se_piden,
        hechos.fecha_numerador,
        sum(hechos.filas) as filas
    from fijos
    inner join hechos using (indicador, ejercicio)
    where hechos.fecha_numerador is not null
    group by 1, 2, 3, 4

),

acumuladas as (

    select
        *,
        sum(filas) over (partition by indicador, ejercicio order by fecha_numerador) as hasta_el_dia
    from por_dia

),

dias as (

    select
        indicador,
        ejercicio,
        min(fecha_numerador) as alcanzada_el
    from acumuladas
    where se_piden > 0 and hasta_el_dia >= se_piden
    group by 1, 2

)

select * from dias
