{#
  Exercises whose people may be broken down (rules.md, "Personal data"): with the closing of their last quarter, so that late deliveries no
  longer move them. Those before the plan have no closing; one that nobody closed counts as closed once the second quarter of the next year
  was delivered.
#}
{% set anios_antes = 5 %}
{% set primero, ultimo = pamga_leon.plan().inicio[:4] | int, pamga_leon.plan().fin[:4] | int %}

with

corte as (

    select * from {{ ref('int_corte') }}

),

cierres as (

    select {{ indice_de_trimestre('trimestre') }} as indice
    from {{ ref('stg_cierres') }}

),

-- five years before the plan and its own
numerados as (

    {{ dbt.generate_series(anios_antes + ultimo - primero + 1) }}

),

ejercicios as (

    select cast({{ primero - anios_antes - 1 }} + numerados.generated_number as integer) as ejercicio
    from numerados

),

cerrados as (

    select ejercicios.ejercicio
    from ejercicios
    cross join corte
    left join cierres on ejercicios.ejercicio * 4 + 3 = cierres.indice
    where
        (ejercicios.ejercicio < {{ primero }} and ejercicios.ejercicio < corte.ejercicio)
        or cierres.indice is not null
        or ejercicios.ejercicio * 4 + 5 <= corte.indice

)

select * from cerrados
