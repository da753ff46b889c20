with

source as (

    select * from {{ source('lake', 'publicaciones') }}

),

renamed as (

    select
        release,
        orden,
        fecha,
        conjunto,
        columnas,
        filas,
        cambio
    from source

)

select * from renamed
