with

source as (

    select * from {{ source('lake', 'sesiones_rendicion') }}

),

renamed as (

    select
        sesion_id,
        fecha,
        sede,
        trimestre_presentado,
        asistentes,
        minuta_url,
        baja,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
