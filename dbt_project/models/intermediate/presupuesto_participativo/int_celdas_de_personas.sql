-- True counts of the two tables about people, of which the people step shows some (rules.md, "Personal data"). By age group and sex every
-- cell is listed, those without anybody too; by colonia only those with somebody.
with

participantes as (

    select * from {{ ref('int_participantes') }}

),

colonias as (

    select * from {{ ref('int_colonias_vigente') }}

),

ejercicios as (

    select distinct ejercicio from participantes

),

grupos as (

    {{ lista_de_valores(pamga_leon.grupos_de_edad() | list, 'grupo_edad') }}

),

sexos as (

    {{ lista_de_valores(['mujer', 'hombre', 'otro', 'no_especificado'], 'sexo') }}

),

contados as (

    select
        ejercicio,
        {{ grupo_de_edad('edad') }} as grupo_edad,
        sexo,
        count(*) as personas
    from participantes
    group by 1, 2, 3

),

por_edad_y_sexo as (

    select
        'participacion_edad_sexo' as tabla,
        ejercicios.ejercicio,
        grupos.grupo_edad as renglon,
        sexos.sexo as columna,
        cast(null as {{ dbt.type_string() }}) as nombre,
        coalesce(contados.personas, 0) as personas
    from ejercicios
    cross join grupos
    cross join sexos
    left join contados using (ejercicio, grupo_edad, sexo)

),

contados_por_colonia as (

    select
        ejercicio,
        colonia_id,
        count(*) as personas
    from participantes
    group by 1, 2

),

por_colonia as (

    select
        'participacion_colonia' as tabla,
        contados_por_colonia.ejercicio,
        '' as renglon,
        cast(contados_por_colonia.colonia_id as {{ dbt.type_string() }}) as columna,
        coalesce(colonias.nombre, 'Sin ubicar') as nombre,
        contados_por_colonia.personas
    from contados_por_colonia
    left join colonias on contados_por_colonia.colonia_id = colonias.colonia_id

),

celdas as (

    select * from por_edad_y_sexo
    union all
    select * from por_colonia

)

select * from celdas
