with

vigente as (

    select * from {{ ref('int_incidencia_delictiva_vigente') }}

),

publicable as (

    select
        anio,
        mes,
        bien_juridico,
        tipo_delito,
        subtipo_delito,
        modalidad,
        casos
    from vigente

)

select * from publicable
order by anio, mes, subtipo_delito, modalidad
