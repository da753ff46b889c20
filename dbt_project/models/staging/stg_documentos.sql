with

source as (

    select * from {{ source('lake', 'documentos') }}

),

renamed as (

    select
        documento_id,
        indicador,
        ejercicio,
        titulo,
        fecha_validacion,
        organos_validadores,
        fecha_publicacion,
        url_publicacion,
        baja,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
