with

source as (

    select * from {{ source('lake', 'insumos_release') }}

),

renamed as (

    select
        release,
        orden,
        corte,
        dependencia,
        export,
        trimestre,
        version,
        codigo,
        sha256
    from source

)

select * from renamed
