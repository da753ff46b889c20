with

fechas as (select * from {{ ref('int_hallazgos_de_fechas') }}),

partes as (select * from {{ ref('int_hallazgos_de_partes') }}),

referencias as (select * from {{ ref('int_hallazgos_de_referencias') }}),

fijas as (select * from {{ ref('int_hallazgos_de_columnas_fijas') }}),

lugares as (select * from {{ ref('int_hallazgos_de_lugares') }}),

bitacora as (select * from {{ ref('int_hallazgos_de_bitacora') }}),

del_plan as (select * from {{ ref('int_hallazgos_del_plan') }}),

clases as (select * from {{ ref('clases_de_hallazgo') }}),

hallazgos as (

    select * from fechas
    union all
    select * from partes
    union all
    select * from referencias
    union all
    select * from fijas
    union all
    select * from lugares
    union all
    select * from bitacora
    union all
    select * from del_plan

),

final as (

    select
        hallazgos.tipo,
        clases.titulo,
        clases.bloquea,
        hallazgos.export,
        hallazgos.dependencia,
        hallazgos.trimestre,
        hallazgos.version,
        hallazgos.fila,
        hallazgos.llave,
        hallazgos.columna,
        hallazgos.detalle,
        clases.remedio
    from hallazgos
    inner join clases on hallazgos.tipo = clases.tipo

)

select * from final
order by tipo, export, dependencia, trimestre, version, fila, llave, columna
