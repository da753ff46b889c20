with

source as (

    select * from {{ source('lake', 'entregas') }}

),

renamed as (

    select
        dependencia,
        export,
        trimestre,
        {{ indice_de_trimestre('trimestre') }} as indice,
        version,
        archivo,
        received_on,
        coalesce(dropped_on, received_on) as dropped_on,
        state,
        vigente,
        rows_read,
        accepted,
        quarantined,
        out_of_scope,
        example,
        restored_from,
        coalesce(apartada, false) as apartada,
        coalesce(readmitida, false) as readmitida
    from source

)

select * from renamed
