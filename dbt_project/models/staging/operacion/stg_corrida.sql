with

source as (

    select * from {{ source('lake', 'corrida') }}

),

renamed as (

    select
        run,
        release,
        cierre,
        ejemplo,
        recibido_hasta,
        hoy
    from source

)

select * from renamed
