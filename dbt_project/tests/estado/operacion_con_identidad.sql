{% set nunca_vacias = {
    'publicaciones': ['release', 'fecha', 'conjunto'],
    'libro_valores': ['release', 'indicador', 'ejercicio', 'trimestre'],
    'insumos_release': ['release', 'orden', 'export', 'version'],
    'rechazos': ['export', 'trimestre', 'dependencia', 'regla'],
    'verificaciones': ['run', 'verificacion', 'resultado'],
    'sitios': ['export', 'metodo'],
    'lugares': ['export', 'entrega_trimestre', 'fila'],
    'geometrias_colonia': ['colonia_id', 'anillo_json'],
    'geometrias_hexagono': ['hexagono', 'anillo_json'],
    'apartadas': ['export', 'version', 'motivo'],
    'claves_no_vigentes': ['export', 'version', 'clave'],
} %}
{% for relacion, columnas in nunca_vacias.items() %}
    select '{{ relacion }}' as relacion from {{ ref('stg_' ~ relacion) }}
    where {{ columnas | join(' is null or ') }} is null
    union all
{% endfor %}
select 'corrida' as relacion from {{ ref('stg_corrida') }}
having count(*) != 1
