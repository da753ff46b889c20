with

source as (

    select * from {{ source('lake', 'apartadas') }}

),

renamed as (

    select
        dependencia,
        export,
        trimestre,
        version,
        archivo,
        received_on,
        origen,
        motivo,
        persona,
        fecha,
        queda,
        corregida
    from source

)

select * from renamed
