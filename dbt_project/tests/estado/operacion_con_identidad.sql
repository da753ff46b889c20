-- Every operational row says what it belongs to, and this run is one row.
select 'publicaciones' as relacion from {{ ref('stg_publicaciones') }}
where release is null or fecha is null or conjunto is null
union all
select 'libro_valores' as relacion from {{ ref('stg_libro_valores') }}
where release is null or indicador is null or ejercicio is null or trimestre is null
union all
select 'insumos_release' as relacion from {{ ref('stg_insumos_release') }}
where release is null or orden is null or export is null or sha256 is null
union all
select 'rechazos' as relacion from {{ ref('stg_rechazos') }}
where export is null or trimestre is null or dependencia is null or regla is null
union all
select 'verificaciones' as relacion from {{ ref('stg_verificaciones') }}
where run is null or verificacion is null or resultado is null
union all
select 'aprobaciones' as relacion from {{ ref('stg_aprobaciones') }}
where run is null or decision is null
union all
select 'lugares' as relacion from {{ ref('stg_lugares') }}
where export is null or entrega_trimestre is null or fila is null
union all
select 'geometrias_colonia' as relacion from {{ ref('stg_geometrias_colonia') }}
where colonia_id is null or anillo_json is null
union all
select 'geometrias_hexagono' as relacion from {{ ref('stg_geometrias_hexagono') }}
where hexagono is null or anillo_json is null
union all
select 'apartadas' as relacion from {{ ref('stg_apartadas') }}
where export is null or version is null or motivo is null
union all
select 'claves_no_vigentes' as relacion from {{ ref('stg_claves_no_vigentes') }}
where export is null or version is null or clave is null
union all
select 'corrida' as relacion from {{ ref('stg_corrida') }}
having count(*) != 1
