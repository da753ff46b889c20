{# Dates of one row that contradict each other. Held earlier than planned is no fault. #}
{% set reglas = [
    ('terminado_antes_de_empezar', 'acuerdos', 'acuerdo_id', 'fecha_acuerdo', 'fecha_finalizacion'),
    ('terminado_antes_de_empezar', 'proyectos_pp', 'proyecto_id', 'fecha_inicio', 'fecha_entrega'),
    ('terminado_antes_de_empezar', 'comentarios_ciudadanos', 'comentario_id', 'fecha', 'fecha_respuesta'),
    ('terminado_antes_de_empezar', 'observaciones', 'observacion_id', 'fecha_sesion', 'fecha_atencion'),
    ('publicado_antes_de_validar', 'documentos', 'documento_id', 'fecha_validacion', 'fecha_publicacion'),
] %}

{% for tipo, export, llave, antes, despues in reglas if pamga_leon.se_entrega(export) %}
    select
        {{ hallazgo(
            tipo, export, llave, despues,
            dbt.concat(["'" ~ antes ~ " es '", dicho(antes), "' y " ~ despues ~ " es '", dicho(despues)])
        ) }}
    from {{ ref('int_' ~ export ~ '_vigente') }}
    where {{ despues }} < {{ antes }}
    {% if not loop.last %}union all{% endif %}
{% else %}
    {{ ningun_hallazgo() }}
{% endfor %}
