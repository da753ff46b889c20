-- Every staged row belongs to a standing delivery: dbt reads what the lock names and nothing else.
with

filas as (

    select distinct
        'fases_proyecto' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_fases_proyecto') }}
    union all
    select distinct
        'documentos' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_documentos') }}
    union all
    select distinct
        'capacitaciones' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_capacitaciones') }}
    union all
    select distinct
        'variables_datos_abiertos' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_variables_datos_abiertos') }}
    union all
    select distinct
        'actualizaciones_datos_abiertos' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_actualizaciones_datos_abiertos') }}
    union all
    select distinct
        'elementos_interactivos' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_elementos_interactivos') }}
    union all
    select distinct
        'talleres' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_talleres') }}
    union all
    select distinct
        'asistencia_talleres' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_asistencia_talleres') }}
    union all
    select distinct
        'proyectos_pp' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_proyectos_pp') }}
    union all
    select distinct
        'eventos_mbh' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_eventos_mbh') }}
    union all
    select distinct
        'acuerdos' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_acuerdos') }}
    union all
    select distinct
        'encuestas_satisfaccion' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_encuestas_satisfaccion') }}
    union all
    select distinct
        'directorio' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_directorio') }}
    union all
    select distinct
        'comite_seleccion' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_comite_seleccion') }}
    union all
    select distinct
        'sesiones_escuela' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_sesiones_escuela') }}
    union all
    select distinct
        'mesas_trabajo' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_mesas_trabajo') }}
    union all
    select distinct
        'propuestas_cabildo' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_propuestas_cabildo') }}
    union all
    select distinct
        'integrantes_cabildo' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_integrantes_cabildo') }}
    union all
    select distinct
        'evidencias' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_evidencias') }}
    union all
    select distinct
        'observaciones' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_observaciones') }}
    union all
    select distinct
        'banco_propuestas' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_banco_propuestas') }}
    union all
    select distinct
        'sesiones_rendicion' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_sesiones_rendicion') }}
    union all
    select distinct
        'comentarios_ciudadanos' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_comentarios_ciudadanos') }}
    union all
    select distinct
        'colonias' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_colonias') }}
    union all
    select distinct
        'municipio' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_municipio') }}
    union all
    select distinct
        'localidades' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_localidades') }}
    union all
    select distinct
        'codigos_postales' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_codigos_postales') }}
    union all
    select distinct
        'incidencia_delictiva' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_incidencia_delictiva') }}
    union all
    select distinct
        'estaciones_calidad_aire' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_estaciones_calidad_aire') }}
    union all
    select distinct
        'mediciones_aire' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_mediciones_aire') }}
    union all
    select distinct
        'almacenamiento_presas' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_almacenamiento_presas') }}
    union all
    select distinct
        'presas' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_presas') }}
    union all
    select distinct
        'areas_verdes' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_areas_verdes') }}
    union all
    select distinct
        'tianguis' as export,
        entrega_dependencia,
        entrega_trimestre,
        entrega_version
    from {{ ref('stg_tianguis') }}

),

entregas as (

    select * from {{ ref('stg_entregas') }}
    where vigente

)

select filas.*
from filas
left join entregas
    on
        filas.export = entregas.export
        and filas.entrega_dependencia = entregas.dependencia
        and filas.entrega_trimestre = entregas.trimestre
        and filas.entrega_version = entregas.version
where entregas.export is null
