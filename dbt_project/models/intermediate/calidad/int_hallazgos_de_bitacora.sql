{#
  DA-5 and DA-6: what the office declares against what this warehouse logged, for the variables that it publishes itself. Both count
  for the indicators (rules.md takes the latest update and the first publication); the difference is listed.
#}
with

variables as (

    select * from {{ ref('int_variables_datos_abiertos_vigente') }}

),

bitacora as (

    select
        conjunto,
        variable,
        min(fecha) as primera_fecha,
        max(fecha) as ultima_fecha
    from {{ ref('int_bitacora_de_variables') }}
    group by 1, 2

),

comparadas as (

    select
        variables.*,
        bitacora.primera_fecha,
        bitacora.ultima_fecha
    from variables
    inner join bitacora on variables.conjunto = bitacora.conjunto and variables.variable = bitacora.variable

),

sin_registro as (

    select
        {{ hallazgo(
            'actualizacion_sin_registro', 'variables_datos_abiertos', 'variable_id', 'fecha_ultima_actualizacion',
            dbt.concat(["'declarada '", dicho('fecha_ultima_actualizacion'), "', última publicada '", dicho('ultima_fecha')])
        ) }}
    from comparadas
    where fecha_ultima_actualizacion > ultima_fecha

),

no_declarada as (

    select
        {{ hallazgo(
            'actualizacion_no_declarada', 'variables_datos_abiertos', 'variable_id', 'fecha_ultima_actualizacion',
            dbt.concat(["'declarada '", dicho('fecha_ultima_actualizacion'), "', última publicada '", dicho('ultima_fecha')])
        ) }}
    from comparadas
    where fecha_ultima_actualizacion is null or fecha_ultima_actualizacion < ultima_fecha

),

publicacion as (

    select
        {{ hallazgo(
            'publicacion_difiere', 'variables_datos_abiertos', 'variable_id', 'fecha_publicacion',
            dbt.concat(["'declarada '", dicho('fecha_publicacion'), "', primera publicada '", dicho('primera_fecha')])
        ) }}
    from comparadas
    where fecha_publicacion is null or fecha_publicacion != primera_fecha

),

final as (

    select * from sin_registro
    union all
    select * from no_declarada
    union all
    select * from publicacion

)

select * from final
