with

source as (

    select * from {{ source('lake', 'mediciones_aire') }}

),

renamed as (

    select
        estacion_id,
        fecha,
        contaminante,
        promedio,
        maximo,
        unidad,
        baja,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
