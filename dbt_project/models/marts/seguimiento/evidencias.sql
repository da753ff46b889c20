with

evidencias as (

    select * from {{ ref('int_evidencias_vigente') }}

),

enlaces as (

    select
        entrega_dependencia as dependencia,
        evidencia_id,
        indicador,
        ejercicio,
        titulo,
        tipo,
        fecha,
        url
    from evidencias

)

select * from enlaces
order by dependencia, evidencia_id
