with

celdas as (

    select * from {{ ref('stg_celdas_publicadas') }}
    where tabla = 'participacion_edad_sexo'

),

participacion as (

    select
        ejercicio,
        renglon as grupo_edad,
        columna as sexo,
        personas,
        suprimido
    from celdas

)

select * from participacion
order by ejercicio, grupo_edad, sexo
