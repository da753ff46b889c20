with

source as (

    select * from {{ source('lake', 'observaciones') }}

),

renamed as (

    select
        observacion_id,
        indicador,
        ejercicio,
        trimestre_evaluado,
        fecha_sesion,
        dictamen,
        {{ texto_moderado('observacion') }},
        {{ texto_reservado('observacion') }},
        {{ texto_moderado('respuesta') }},
        {{ texto_reservado('respuesta') }},
        responsable,
        fecha_compromiso,
        fecha_atencion,
        {{ texto_moderado('ajuste_acordado') }},
        {{ texto_reservado('ajuste_acordado') }},
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
