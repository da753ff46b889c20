-- One sentence per target and quarter whose verdict would be another under another reading of the plan.
with

evaluadas as (

    select * from {{ ref('int_lecturas_evaluadas') }}
    where difiere

),

lecturas as (

    select * from {{ ref('matriz_lecturas') }}

),

indicadores as (

    select * from {{ ref('matriz_indicadores') }}

),

dichas as (

    select
        evaluadas.indicador,
        evaluadas.ejercicio,
        evaluadas.indice,
        lecturas.orden,
        {{ dbt.concat([
            "'«'", 'lecturas.texto', "'»: '", texto_de_estado('evaluadas.estado'), "', '",
            texto_de_valor('evaluadas.valor_juzgado', 'indicadores.unidad')
        ]) }} as dicho
    from evaluadas
    inner join lecturas on evaluadas.indicador = lecturas.indicador and evaluadas.lectura = lecturas.lectura
    inner join indicadores on evaluadas.indicador = indicadores.indicador

),

juntas as (

    select
        indicador,
        ejercicio,
        indice,
        {{ dbt.listagg('dicho', "'; '", 'order by orden') }} as otra_lectura
    from dichas
    group by 1, 2, 3

)

select * from juntas
