with

source as (

    select * from {{ source('lake', 'estaciones_calidad_aire') }}

),

renamed as (

    select
        estacion_id,
        nombre,
        codigo,
        latitud,
        longitud,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
