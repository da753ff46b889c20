{# Written by `python -m warehouse.matrix` from pamga/situaciones.yaml and Babel; a test says when it is stale. #}

{# Every state and its words, from what asks for attention last to what asks for it first. #}
{% macro estados() %}
    {{ return({
        'cumplida': 'Cumplida',
        'en_meta': 'En meta',
        'cumplida_con_retraso': 'Cumplida con retraso',
        'en_proceso': 'En proceso',
        'no_iniciada': 'No iniciada',
        'incumplida': 'Incumplida',
        'sin_datos': 'Sin datos',
    }) }}
{% endmacro %}

{# Every opinion of the Secretariado and its words. #}
{% macro dictamenes() %}
    {{ return({
        'validado': 'Validado por el Secretariado',
        'validado_con_observaciones': 'Validado con observaciones del Secretariado',
        'no_validado': 'No validado por el Secretariado',
        'sin_revisar': 'El Secretariado aún no lo revisa',
    }) }}
{% endmacro %}

{# The months, January first. #}
{% macro meses() %}
    {{ return([
        'enero',
        'febrero',
        'marzo',
        'abril',
        'mayo',
        'junio',
        'julio',
        'agosto',
        'septiembre',
        'octubre',
        'noviembre',
        'diciembre',
    ]) }}
{% endmacro %}
