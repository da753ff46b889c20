with

source as (

    select * from {{ source('lake', 'celdas_publicadas') }}

),

renamed as (

    select
        tabla,
        ejercicio,
        renglon,
        columna,
        nombre,
        personas,
        suprimido
    from source

)

select * from renamed
