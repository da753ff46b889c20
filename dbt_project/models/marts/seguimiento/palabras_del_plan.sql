with

palabras as (

    select * from {{ ref('matriz_palabras') }}

),

final as (

    select
        orden,
        clase,
        de,
        seccion,
        titulo,
        texto,
        se_sigue
    from palabras

)

select * from final
order by orden
