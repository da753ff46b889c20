with

source as (

    select * from {{ source('lake', 'aprobaciones') }}

),

renamed as (

    select
        run,
        release,
        decision,
        persona,
        motivo,
        fecha
    from source

)

select * from renamed
