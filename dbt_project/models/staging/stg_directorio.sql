with

source as (

    select * from {{ source('lake', 'directorio') }}

),

renamed as (

    select
        dependencia_id,
        dependencia,
        tiene_contacto_ciudadano,
        telefono,
        correo,
        domicilio,
        url,
        horario,
        fecha_actualizacion,
        baja,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
