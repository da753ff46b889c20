with

source as (

    select * from {{ source('lake', 'variables_datos_abiertos') }}

),

renamed as (

    select
        variable_id,
        conjunto,
        variable,
        descripcion,
        tema,
        planificada,
        periodicidad,
        fecha_ultima_actualizacion,
        fecha_publicacion,
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
