with

source as (

    select * from {{ source('lake', 'geometrias_hexagono') }}

),

renamed as (

    select
        hexagono,
        anillo_json,
        latitud,
        longitud
    from source

)

select * from renamed
