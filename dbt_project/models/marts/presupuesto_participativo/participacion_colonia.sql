with

celdas as (

    select * from {{ ref('stg_celdas_publicadas') }}
    where tabla = 'participacion_colonia'

),

participacion as (

    select
        ejercicio,
        cast(columna as {{ dbt.type_bigint() }}) as colonia_id,
        nombre as colonia,
        personas,
        suprimido
    from celdas

)

select * from participacion
order by ejercicio, colonia_id
