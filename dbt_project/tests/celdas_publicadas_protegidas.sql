-- No published cell counts 1 to 4 people, and no line of a published table hides one cell alone (rules.md, "Personal data").
-- A line that has no other cell at all cannot be protected from its total, which is exempt.
with

edad_sexo as (

    select
        ejercicio,
        grupo_edad,
        sexo,
        personas,
        suprimido
    from {{ ref('participacion_edad_sexo') }}

),

colonias as (

    select
        ejercicio,
        colonia_id,
        personas,
        suprimido
    from {{ ref('participacion_colonia') }}

),

lineas as (

    select
        'participacion_edad_sexo' as mart,
        ejercicio,
        'renglon ' || grupo_edad as linea,
        personas,
        suprimido
    from edad_sexo
    union all
    select
        'participacion_edad_sexo' as mart,
        ejercicio,
        'columna ' || sexo as linea,
        personas,
        suprimido
    from edad_sexo
    union all
    select
        'participacion_colonia' as mart,
        ejercicio,
        'colonias' as linea,
        personas,
        suprimido
    from colonias

),

faltas as (

    select
        mart,
        ejercicio,
        linea,
        count(case when personas between 1 and 4 then 1 end) as chicas_a_la_vista,
        count(case when suprimido then 1 end) as ocultas,
        count(case when suprimido = (personas is not null) then 1 end) as contradicciones,
        count(*) as celdas
    from lineas
    group by 1, 2, 3

)

select * from faltas
where chicas_a_la_vista > 0 or contradicciones > 0 or (ocultas = 1 and celdas > 1)
