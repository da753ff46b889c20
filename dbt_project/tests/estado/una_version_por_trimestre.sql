-- A key has one version in a quarter: two rows of one key in one delivery would leave the earlier an empty interval.
select
    'fases_proyecto' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_fases_proyecto_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'documentos' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_documentos_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'capacitaciones' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_capacitaciones_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'variables_datos_abiertos' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_variables_datos_abiertos_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'actualizaciones_datos_abiertos' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_actualizaciones_datos_abiertos_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'elementos_interactivos' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_elementos_interactivos_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'talleres' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_talleres_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'asistencia_talleres' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_asistencia_talleres_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'proyectos_pp' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_proyectos_pp_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'eventos_mbh' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_eventos_mbh_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'acuerdos' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_acuerdos_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'encuestas_satisfaccion' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_encuestas_satisfaccion_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'directorio' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_directorio_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'comite_seleccion' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_comite_seleccion_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'sesiones_escuela' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_sesiones_escuela_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'mesas_trabajo' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_mesas_trabajo_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'propuestas_cabildo' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_propuestas_cabildo_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'integrantes_cabildo' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_integrantes_cabildo_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'evidencias' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_evidencias_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'observaciones' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_observaciones_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'banco_propuestas' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_banco_propuestas_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'sesiones_rendicion' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_sesiones_rendicion_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'comentarios_ciudadanos' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_comentarios_ciudadanos_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'colonias' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_colonias_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'municipio' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_municipio_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'localidades' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_localidades_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'codigos_postales' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_codigos_postales_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'incidencia_delictiva' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_incidencia_delictiva_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'estaciones_calidad_aire' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_estaciones_calidad_aire_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'mediciones_aire' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_mediciones_aire_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'almacenamiento_presas' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_almacenamiento_presas_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'presas' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_presas_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'areas_verdes' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_areas_verdes_versiones') }}
where vigente_hasta <= vigente_desde
union all
select
    'tianguis' as export,
    vigente_desde,
    vigente_hasta
from {{ ref('int_tianguis_versiones') }}
where vigente_hasta <= vigente_desde
