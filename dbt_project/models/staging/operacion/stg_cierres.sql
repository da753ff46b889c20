with

source as (

    select * from {{ source('lake', 'cierres') }}

),

renamed as (

    select trimestre
    from source

)

select * from renamed
