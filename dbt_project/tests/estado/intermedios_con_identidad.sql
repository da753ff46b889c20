-- A finding says what it is about, a place belongs to a delivered row, a quarter of the calendar ends after it begins.
select 'hallazgos_de_partes' as relacion from {{ ref('int_hallazgos_de_partes') }}
where tipo is null or export is null or detalle is null
union all
select 'hallazgos_de_fechas' as relacion from {{ ref('int_hallazgos_de_fechas') }}
where tipo is null or export is null or detalle is null
union all
select 'hallazgos_de_lugares' as relacion from {{ ref('int_hallazgos_de_lugares') }}
where tipo is null or export is null or detalle is null
union all
select 'hallazgos_de_columnas_fijas' as relacion from {{ ref('int_hallazgos_de_columnas_fijas') }}
where tipo is null or export is null or detalle is null
union all
select 'hallazgos_de_bitacora' as relacion from {{ ref('int_hallazgos_de_bitacora') }}
where tipo is null or export is null or detalle is null
union all
select 'hallazgos_de_referencias' as relacion from {{ ref('int_hallazgos_de_referencias') }}
where tipo is null or export is null or detalle is null
union all
select 'lugares' as relacion from {{ ref('int_lugares') }}
where export is null or entrega_trimestre is null or fila is null
union all
select 'trimestres_del_calendario' as relacion from {{ ref('int_trimestres_del_calendario') }}
where fecha_corte < primer_dia
