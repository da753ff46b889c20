{% for hallados in ['de_partes', 'de_fechas', 'de_lugares', 'de_columnas_fijas', 'de_bitacora', 'de_referencias'] %}
    select 'hallazgos_{{ hallados }}' as relacion from {{ ref('int_hallazgos_' ~ hallados) }}
    where tipo is null or export is null or detalle is null
    union all
{% endfor %}
select 'lugares' as relacion from {{ ref('int_lugares') }}
where export is null or (nombre is null and latitud is null and geometria is null)
union all
select 'trimestres_del_calendario' as relacion from {{ ref('int_trimestres_del_calendario') }}
where fecha_corte < primer_dia
