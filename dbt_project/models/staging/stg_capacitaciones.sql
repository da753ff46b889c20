with

source as (

    select * from {{ source('lake', 'capacitaciones') }}

),

renamed as (

    select
        capacitacion_id,
        titulo,
        modalidad,
        fecha_programada,
        fecha_realizada,
        asistentes,
        dependencia,
        baja,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
