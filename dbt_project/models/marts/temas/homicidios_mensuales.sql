with

incidencia as (

    select * from {{ ref('int_incidencia_delictiva_vigente') }}

),

homicidios as (

    select
        anio,
        mes,
        subtipo_delito,
        casos
    from incidencia
    where {{ plegado('tipo_delito') }} = 'homicidio' and casos is not null

),

mensuales as (

    select
        cast({{ dbt.dateadd('month', 'mes - 1', primer_dia_del_anio('anio')) }} as date) as fecha,
        anio,
        mes,
        subtipo_delito,
        cast(sum(casos) as bigint) as casos
    from homicidios
    group by 1, 2, 3, 4

)

select * from mensuales
order by fecha, subtipo_delito
