with

source as (

    select * from {{ source('lake', 'libro_valores') }}

),

renamed as (

    select
        release,
        fecha,
        indicador,
        ejercicio,
        trimestre,
        numerador,
        denominador,
        valor,
        valor_al_vencimiento,
        estado,
        provisional
    from source

)

select * from renamed
