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
        observacion,
        respuesta,
        responsable,
        fecha_compromiso,
        fecha_atencion,
        ajuste_acordado,
        baja,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
