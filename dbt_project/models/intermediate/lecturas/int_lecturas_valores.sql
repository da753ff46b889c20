-- Every other reading of every indicator at every point; a test holds the list to the matrix.
{% set lecturas = {
    'DA-5': ['cada_trimestre'],
    'DA-6': ['todos_los_temas'],
    'DA-7': ['todos_los_programados'],
    'PP-1': ['mismos_meses', 'personas'],
    'PP-2': ['todo_el_anio'],
    'PP-3': ['con_espacio_entregado', 'el_dia_de_la_entrega'],
    'PP-4': ['todo_el_anio'],
    'PP-5': ['todo_el_anio'],
    'MBH-1': ['enero_a_julio', 'septiembre_a_diciembre', 'de_un_acuerdo'],
    'MBH-2': ['por_evento', 'con_plazo_cumplido', 'cien_por_ciento'],
    'MBH-3': ['primer_semestre', 'segundo_semestre'],
    'CAJ-1': ['solo_validado'],
    'CAJ-4': ['solo_el_acto', 'solo_publicada'],
    'CAJ-7': ['validado_por_cualquiera'],
} %}

with

valores as (

    {% for indicador in lecturas %}
        {% set primera = loop.first %}
        {% for lectura in lecturas[indicador] %}
            {% if not (primera and loop.first) %}union all{% endif %}
            select
                indicador,
                '{{ lectura }}' as lectura,
                ejercicio,
                estado_indice,
                dia,
                numerador,
                denominador
            from {{ ref('int_lectura_' ~ indicador | lower | replace('-', '_') ~ '_' ~ lectura) }}
        {% endfor %}
    {% endfor %}

)

select * from valores
