with

source as (

    select * from {{ source('lake', 'corrida') }}

),

renamed as (

    select
        run,
        release,
        cierre,
        ejemplo
    from source

)

select * from renamed
