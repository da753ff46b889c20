with

vigente as (

    select * from {{ ref('int_codigos_postales_vigente') }}

),

publicable as (

    select
        codigo_postal,
        asentamiento,
        tipo_asentamiento,
        asentamiento_id,
        zona
    from vigente

)

select * from publicable
order by codigo_postal, asentamiento_id
