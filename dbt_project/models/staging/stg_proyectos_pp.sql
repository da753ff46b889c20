with

source as (

    select * from {{ source('lake', 'proyectos_pp') }}

),

renamed as (

    select
        proyecto_id,
        nombre,
        tipo_espacio,
        financiado,
        ejercicio_fiscal,
        colonia,
        delegacion,
        latitud,
        longitud,
        monto_mxn,
        monto_contratado_mxn,
        monto_ejercido_mxn,
        contratista,
        superficie_m2,
        votos,
        fecha_inicio,
        fecha_entrega_programada,
        avance_fisico_pct,
        fecha_entrega,
        fecha_carta_compromiso,
        baja,
        entrega_dependencia,
        entrega_trimestre,
        {{ indice_de_trimestre('entrega_trimestre') }} as entrega_indice,
        entrega_version,
        fila
    from source

)

select * from renamed
