with

source as (

    select * from {{ source('lake', 'asistencia_talleres') }}

),

renamed as (

    select
        taller_id,
        asistente_id,
        edad,
        sexo,
        colonia,
        baja,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
