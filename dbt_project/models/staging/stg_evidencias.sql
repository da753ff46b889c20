with

source as (

    select * from {{ source('lake', 'evidencias') }}

),

renamed as (

    select
        evidencia_id,
        indicador,
        ejercicio,
        titulo,
        tipo,
        fecha,
        url,
        baja,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
