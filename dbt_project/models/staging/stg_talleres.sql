with

source as (

    select * from {{ source('lake', 'talleres') }}

),

renamed as (

    select
        taller_id,
        fecha_programada,
        fecha_realizada,
        sede,
        tipo_sede,
        colonia,
        delegacion,
        latitud,
        longitud,
        dependencias_colaboradoras,
        baja,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
