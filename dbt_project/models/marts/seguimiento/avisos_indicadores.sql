-- Findings of the plan's own words (int_hallazgos_del_plan) that concern an indicator, said beside it. No text of a row is repeated here.
{% set avisos = {
    'documento_sin_direccion': 'Un documento de este indicador se declara publicado y no da la dirección en que se puede leer.',
    'fase_con_otro_nombre': 'Alguna fase se entregó con un nombre que no es el del plan.',
} %}

with

hallazgos as (

    select * from {{ ref('int_hallazgos_del_plan') }}
    where tipo in ('{{ avisos | join("', '") }}')

),

documentos as (

    select * from {{ ref('int_documentos_vigente') }}

),

fases as (

    select * from {{ ref('int_fases_proyecto_vigente') }}

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

-- the targets that a delivered row is about
filas as (

    select
        'documentos' as export,
        entrega_dependencia as dependencia,
        entrega_trimestre as trimestre,
        entrega_version as version,
        fila,
        indicador,
        cast(ejercicio as integer) as ejercicio
    from documentos
    union all
    select
        'fases_proyecto' as export,
        fases.entrega_dependencia as dependencia,
        fases.entrega_trimestre as trimestre,
        fases.entrega_version as version,
        fases.fila,
        proyectos.indicador,
        metas.ejercicio
    from fases
    inner join proyectos using (proyecto)
    inner join metas using (indicador)

),

final as (

    select
        filas.indicador,
        filas.ejercicio,
        hallazgos.tipo,
        count(*) as filas,
        case hallazgos.tipo
            {% for tipo, aviso in avisos.items() -%}
                when '{{ tipo }}' then '{{ aviso }}'
            {% endfor -%}
        end as aviso
    from hallazgos
    inner join filas using (export, dependencia, trimestre, version, fila)
    group by 1, 2, 3

)

select * from final
order by indicador, ejercicio, tipo
