with

source as (

    select * from {{ source('lake', 'sesiones_escuela') }}

),

renamed as (

    select
        sesion_id,
        titulo,
        eje,
        fecha_programada,
        fecha_realizada,
        asistentes,
        mujeres,
        hombres,
        relatoria_url,
        baja,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
