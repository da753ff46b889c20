with

participantes as (

    select * from {{ ref('int_participantes') }}

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

ejercicios as (

    select distinct ejercicio from contados

),

grupos as (

    {{ lista_de_valores(['0-17', '18-30', '31-45', '46-60', '61+', 'sin_dato'], 'grupo_edad') }}

),

sexos as (

    {{ lista_de_valores(['mujer', 'hombre', 'otro', 'no_especificado'], 'sexo') }}

),

celdas as (

    select
        ejercicios.ejercicio as tabla,
        grupos.grupo_edad as renglon,
        sexos.sexo as columna,
        coalesce(contados.personas, 0) as valor
    from ejercicios
    cross join grupos
    cross join sexos
    left join contados
        on
            ejercicios.ejercicio = contados.ejercicio
            and grupos.grupo_edad = contados.grupo_edad
            and sexos.sexo = contados.sexo

),

{{ celdas_protegidas(lineas=10, columnas=4) }},

participacion as (

    select
        cast(tabla as bigint) as ejercicio,
        renglon as grupo_edad,
        columna as sexo,
        case when not oculta then cast(valor as bigint) end as personas,
        oculta as suprimido
    from celdas_protegidas

)

select * from participacion
order by ejercicio, grupo_edad, sexo
