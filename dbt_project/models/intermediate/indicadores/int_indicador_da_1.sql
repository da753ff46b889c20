with

fases_proyecto as (

    select * from {{ ref('int_fases_proyecto_versiones') }}

),

{{ fases_de_proyecto('DA-1', 'fases_proyecto', 'diagnostico_datos_abiertos') }}

select * from valores
