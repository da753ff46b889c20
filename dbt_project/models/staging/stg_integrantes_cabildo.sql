with

source as (

    select * from {{ source('lake', 'integrantes_cabildo') }}

),

renamed as (

    select
        integrante_id,
        ejercicio,
        edad,
        sexo,
        colonia,
        procedencia,
        baja,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
