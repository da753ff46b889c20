-- Findings of the plan's own words (int_hallazgos_del_plan) that concern an indicator, said beside it. No text of a row is repeated here.
with

documentos as (

    select * from {{ ref('int_documentos_vigente') }}

),

fases as (

    select * from {{ ref('int_fases_proyecto_vigente') }}

),

hallazgos as (

    select * from {{ ref('int_hallazgos_del_plan') }}

),

proyectos as (

    select distinct
        indicador,
        proyecto
    from {{ ref('matriz_fases') }}

),

metas as (

    select * from {{ ref('matriz_metas') }}

),

sin_direccion as (

    select
        documentos.indicador,
        cast(documentos.ejercicio as integer) as ejercicio,
        hallazgos.tipo,
        count(*) as filas
    from hallazgos
    inner join documentos
        on
            hallazgos.dependencia = documentos.entrega_dependencia
            and hallazgos.trimestre = documentos.entrega_trimestre
            and hallazgos.version = documentos.entrega_version
            and hallazgos.fila = documentos.fila
    where hallazgos.tipo = 'documento_sin_direccion'
    group by 1, 2, 3

),

con_otro_nombre as (

    select
        proyectos.indicador,
        metas.ejercicio,
        hallazgos.tipo,
        count(*) as filas
    from hallazgos
    inner join fases
        on
            hallazgos.dependencia = fases.entrega_dependencia
            and hallazgos.trimestre = fases.entrega_trimestre
            and hallazgos.version = fases.entrega_version
            and hallazgos.fila = fases.fila
    inner join proyectos on fases.proyecto = proyectos.proyecto
    inner join metas on proyectos.indicador = metas.indicador
    where hallazgos.tipo = 'fase_con_otro_nombre'
    group by 1, 2, 3

),

avisos as (

    select * from sin_direccion
    union all
    select * from con_otro_nombre

),

final as (

    select
        indicador,
        ejercicio,
        tipo,
        cast(filas as bigint) as filas,
        case tipo
            when 'documento_sin_direccion'
                then 'Un documento de este indicador se declara publicado y no da la dirección en que se puede leer.'
            else 'Alguna fase se entregó con un nombre que no es el del plan.'
        end as aviso
    from avisos

)

select * from final
order by indicador, ejercicio, tipo
