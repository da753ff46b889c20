-- The day on which a target was reached, where one row tells it: the first document that is validated and published.
with

documentos as (

    select * from {{ ref('int_documentos_terminados') }}

),

dias as (

    select
        indicador,
        cast(ejercicio as integer) as ejercicio,
        min(terminado_el) as alcanzada_el
    from documentos
    where terminado_el is not null
    group by 1, 2

)

select * from dias
