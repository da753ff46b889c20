{{ config(enabled=pamga_leon.se_entrega('variables_datos_abiertos')) }}
-- The publication log seen from the declared variables (rules.md, "The publication log"): days on which a release changed the
-- dataset that the variable belongs to.
with

variables as (

    select distinct
        conjunto,
        variable
    from {{ ref('int_variables_datos_abiertos_versiones') }}

),

publicaciones as (

    select * from {{ ref('stg_publicaciones') }}
    where cambio

),

de_variables as (

    select distinct
        variables.conjunto,
        variables.variable,
        publicaciones.release,
        publicaciones.fecha
    from variables
    inner join publicaciones
        on
            {{ plegado('variables.conjunto') }} = publicaciones.conjunto
            and (
                coalesce(publicaciones.columnas, '') = ''
                or {{ lista_contiene('publicaciones.columnas', plegado('variables.variable')) }}
            )

)

select * from de_variables
