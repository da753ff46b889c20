with

source as (

    select * from {{ source('lake', 'eventos_mbh') }}

),

renamed as (

    select
        evento_id,
        fecha,
        colonia,
        localidad,
        delegacion,
        latitud,
        longitud,
        asistentes,
        funcionarios_seguridad,
        operadores_sac,
        dependencias_presentes,
        mujeres,
        hombres,
        baja,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
