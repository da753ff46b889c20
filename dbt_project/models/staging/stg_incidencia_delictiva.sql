with

source as (

    select * from {{ source('lake', 'incidencia_delictiva') }}

),

renamed as (

    select
        anio,
        mes,
        bien_juridico,
        tipo_delito,
        subtipo_delito,
        modalidad,
        casos,
        baja,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
