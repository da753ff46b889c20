with

source as (

    select * from {{ source('lake', 'geometrias_colonia') }}

),

renamed as (

    select
        colonia_id,
        anillo,
        anillo_json,
        latitud,
        longitud
    from source

)

select * from renamed
