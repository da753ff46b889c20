with

source as (

    select * from {{ source('lake', 'rechazos') }}

),

renamed as (

    select
        dependencia,
        export,
        trimestre,
        version,
        archivo,
        hoja,
        fila,
        columna,
        valor,
        regla,
        motivo,
        esperado,
        correccion,
        cuarentena
    from source

)

select * from renamed
