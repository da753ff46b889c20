with

source as (

    select * from {{ source('lake', 'propuestas_cabildo') }}

),

renamed as (

    select
        propuesta_id,
        ejercicio,
        tipo,
        eje,
        titulo,
        fecha_entrega,
        instancia_receptora,
        documento_url,
        baja,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
