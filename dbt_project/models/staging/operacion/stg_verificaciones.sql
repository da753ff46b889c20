with

source as (

    select * from {{ source('lake', 'verificaciones') }}

),

renamed as (

    select
        run,
        release,
        fecha,
        verificacion,
        conjunto,
        dimension,
        severidad,
        resultado,
        valor,
        umbral
    from source

)

select * from renamed
