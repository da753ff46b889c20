with

actualizaciones as (

    select * from {{ ref('int_actualizaciones_datos_abiertos_vigente') }}

),

variables as (

    select * from {{ ref('int_variables_datos_abiertos_vigente') }}

),

registro as (

    select
        actualizaciones.variable_id,
        actualizaciones.fecha_actualizacion,
        variables.conjunto,
        variables.variable,
        actualizaciones.periodo,
        actualizaciones.url
    from actualizaciones
    left join variables on actualizaciones.variable_id = variables.variable_id

)

select * from registro
order by variable_id, fecha_actualizacion
