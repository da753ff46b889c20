with

talleres as (

    select * from {{ ref('int_talleres_versiones') }}
    where fecha_realizada is not null

),

{{ personas_distintas(
    'PP-1',
    arriba='extract(year from talleres.fecha_realizada) = metas.ejercicio',
    abajo='extract(year from talleres.fecha_realizada) = metas.ejercicio - 1',
    lectura='personas',
) }}

select * from valores
