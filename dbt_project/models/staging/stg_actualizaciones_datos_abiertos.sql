with

source as (

    select * from {{ source('lake', 'actualizaciones_datos_abiertos') }}

),

renamed as (

    select
        variable_id,
        fecha_actualizacion,
        periodo,
        url,
        baja,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
