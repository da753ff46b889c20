{{ config(enabled=pamga_leon.se_entrega('variables_datos_abiertos')) }}
{#
  What the office declares against what this warehouse logged, for the variables that it publishes itself. Both count
  for the indicators (rules.md takes the latest update and the first publication); the difference is listed.
#}
{% set diferencias = [
    ('actualizacion_sin_registro', 'fecha_ultima_actualizacion', 'última', 'ultima_fecha', '{0} > {1}'),
    ('actualizacion_no_declarada', 'fecha_ultima_actualizacion', 'última', 'ultima_fecha', '{0} is null or {0} < {1}'),
    ('publicacion_difiere', 'fecha_publicacion', 'primera', 'primera_fecha', '{0} is null or {0} != {1}'),
] %}

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

hallazgos as (

    {% for tipo, declarada, cual, publicada, difieren in diferencias %}
        select
            {{ hallazgo(
                tipo, 'variables_datos_abiertos', 'variable_id', declarada,
                dbt.concat(["'declarada '", dicho(declarada), "', " ~ cual ~ " publicada '", dicho(publicada)])
            ) }}
        from comparadas
        where {{ difieren.format(declarada, publicada) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select * from hallazgos
