with

source as (

    select * from {{ source('lake', 'acuerdos') }}

),

renamed as (

    select
        acuerdo_id,
        evento_id,
        fecha_acuerdo,
        tipo,
        tema,
        dependencia,
        {{ texto_moderado('descripcion') }},
        {{ texto_reservado('descripcion') }},
        folio_sac,
        colonia,
        latitud,
        longitud,
        fecha_finalizacion,
        publicable,
        revisado,
        baja,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
