-- The state as of the last delivery holds the versions that nothing has replaced, and only those.
select 'fases_proyecto' as export
from {{ ref('int_fases_proyecto_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'documentos' as export
from {{ ref('int_documentos_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'capacitaciones' as export
from {{ ref('int_capacitaciones_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'variables_datos_abiertos' as export
from {{ ref('int_variables_datos_abiertos_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'actualizaciones_datos_abiertos' as export
from {{ ref('int_actualizaciones_datos_abiertos_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'elementos_interactivos' as export
from {{ ref('int_elementos_interactivos_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'talleres' as export
from {{ ref('int_talleres_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'asistencia_talleres' as export
from {{ ref('int_asistencia_talleres_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'proyectos_pp' as export
from {{ ref('int_proyectos_pp_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'eventos_mbh' as export
from {{ ref('int_eventos_mbh_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'acuerdos' as export
from {{ ref('int_acuerdos_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'encuestas_satisfaccion' as export
from {{ ref('int_encuestas_satisfaccion_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'directorio' as export
from {{ ref('int_directorio_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'comite_seleccion' as export
from {{ ref('int_comite_seleccion_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'sesiones_escuela' as export
from {{ ref('int_sesiones_escuela_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'mesas_trabajo' as export
from {{ ref('int_mesas_trabajo_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'propuestas_cabildo' as export
from {{ ref('int_propuestas_cabildo_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'integrantes_cabildo' as export
from {{ ref('int_integrantes_cabildo_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'evidencias' as export
from {{ ref('int_evidencias_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'observaciones' as export
from {{ ref('int_observaciones_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'banco_propuestas' as export
from {{ ref('int_banco_propuestas_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'sesiones_rendicion' as export
from {{ ref('int_sesiones_rendicion_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'comentarios_ciudadanos' as export
from {{ ref('int_comentarios_ciudadanos_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'colonias' as export
from {{ ref('int_colonias_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'municipio' as export
from {{ ref('int_municipio_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'localidades' as export
from {{ ref('int_localidades_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'codigos_postales' as export
from {{ ref('int_codigos_postales_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'incidencia_delictiva' as export
from {{ ref('int_incidencia_delictiva_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'estaciones_calidad_aire' as export
from {{ ref('int_estaciones_calidad_aire_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'mediciones_aire' as export
from {{ ref('int_mediciones_aire_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'almacenamiento_presas' as export
from {{ ref('int_almacenamiento_presas_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'presas' as export
from {{ ref('int_presas_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'areas_verdes' as export
from {{ ref('int_areas_verdes_vigente') }}
where vigente_hasta != {{ sin_fin() }}
union all
select 'tianguis' as export
from {{ ref('int_tianguis_vigente') }}
where vigente_hasta != {{ sin_fin() }}
