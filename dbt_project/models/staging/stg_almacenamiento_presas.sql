with

source as (

    select * from {{ source('lake', 'almacenamiento_presas') }}

),

renamed as (

    select
        clave_presa,
        fecha,
        almacenamiento_hm3,
        llenado_pct,
        baja,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
