with

source as (

    select * from {{ source('lake', 'comite_seleccion') }}

),

renamed as (

    select
        integrante_id,
        ejercicio,
        sector,
        institucion,
        fecha_integracion,
        baja,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
