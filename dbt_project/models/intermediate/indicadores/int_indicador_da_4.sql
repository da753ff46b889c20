with

fases_proyecto as (

    select * from {{ ref('int_fases_proyecto_versiones') }}

),

{{ fases_de_proyecto('DA-4', 'fases_proyecto', 'portal_datos_abiertos') }}

select * from valores
