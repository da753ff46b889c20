{# What the contracts say of columns that others depend on, for the models of findings (rules.md, "Rows"). #}

{# [[export, its key's columns, the one that names a row, column]]: columns that a redelivered key never changes. #}
{% macro columnas_fijas() %}
    {% set fijas = [] %}
    {% for exportacion in exportaciones() %}
        {% for columna in exportacion.fijas %}
            {% do fijas.append([exportacion.export, exportacion.clave | join(', '), exportacion.llave, columna]) %}
        {% endfor %}
    {% endfor %}
    {{ return(fijas) }}
{% endmacro %}

{#
  [[export, column, export that it refers to, column there, key that names the row, whether both are of one quarter]]. Rows of people are not
  named; a whole layer is referred to whenever it was delivered.
#}
{% macro referencias_entre_exportaciones() %}
    {% set completas = exportaciones() | selectattr('entrega', 'equalto', 'completa') | map(attribute='export') | list %}
    {% set referencias = [] %}
    {% for exportacion in exportaciones() %}
        {% for columna, referido, clave in exportacion.referencias %}
            {% do referencias.append([exportacion.export, columna, referido, clave, exportacion.llave, referido not in completas]) %}
        {% endfor %}
    {% endfor %}
    {{ return(referencias) }}
{% endmacro %}

{# [[export, key, whether it is delivered whole]]: the exports that others refer to. #}
{% macro referidas() %}
    {% set encontradas = [] %}
    {% for _, _, referido, clave, _, mismo_trimestre in referencias_entre_exportaciones() %}
        {% set referida = [referido, clave, not mismo_trimestre] %}
        {% do encontradas.append(referida) if referida not in encontradas %}
    {% endfor %}
    {{ return(encontradas) }}
{% endmacro %}

{# Whether the plan's offices deliver an export: another plan has others. #}
{% macro se_entrega(export) %}
    {{ return(export in exportaciones() | map(attribute='export') | list) }}
{% endmacro %}
