with

source as (

    select * from {{ source('lake', 'claves_no_vigentes') }}

),

renamed as (

    select
        dependencia,
        export,
        trimestre,
        version,
        apartada,
        clave
    from source

)

select * from renamed
