with

source as (

    select * from {{ source('lake', 'localidades') }}

),

renamed as (

    select
        clave_localidad,
        nombre,
        ambito,
        poblacion,
        viviendas,
        latitud,
        longitud,
        geometria,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
