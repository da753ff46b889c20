{# Words for people: the same ones on every dashboard and page. #}

{% macro texto_de_meta(operador, meta, unidad) -%}
    case
        when {{ unidad }} = 'cualitativo' then 'Sí'
        when {{ operador }} = '>' then {{ dbt.concat(["'más de '", "cast(" ~ meta ~ " as " ~ dbt.type_string() ~ ")", "' %'"]) }}
        else {{ dbt.concat(["'al menos '", "cast(" ~ meta ~ " as " ~ dbt.type_string() ~ ")", "' %'"]) }}
    end
{%- endmacro %}

{# Sí or No for the qualitative ones; else one decimal, or as many more as it takes that what is no whole number is not shown as
   one: 79.98 % is not 80 %, which may be the target. #}
{% macro texto_de_valor(valor, unidad) -%}
    case
        when {{ valor }} is null then 'Sin datos'
        when {{ unidad }} = 'cualitativo' then case when {{ valor }} >= 100 then 'Sí' else 'No' end
        when {{ valor }} = {{ redondeado(valor) }} then {{ texto_de_porcentaje(valor, 1) }}
        {% for decimales in [1, 2, 3, 4, 5] -%}
        when {{ redondeado(valor, decimales) }} <> {{ redondeado(valor) }} then {{ texto_de_porcentaje(valor, decimales) }}
        {% endfor -%}
        else {{ texto_de_porcentaje(valor, 6) }}
    end
{%- endmacro %}

{% macro texto_de_porcentaje(valor, decimales) -%}
    {{ dbt.concat(["cast(" ~ a_decimal(valor, decimales) ~ " as " ~ dbt.type_string() ~ ")", "' %'"]) }}
{%- endmacro %}

{% macro texto_de_estado(estado) -%}
    case {{ estado }}
        when 'cumplida' then 'Cumplida'
        when 'en_meta' then 'En meta'
        when 'cumplida_con_retraso' then 'Cumplida con retraso'
        when 'en_proceso' then 'En proceso'
        when 'no_iniciada' then 'No iniciada'
        when 'incumplida' then 'Incumplida'
        when 'sin_datos' then 'Sin datos'
    end
{%- endmacro %}

{# From what asks for attention last to what asks for it first. #}
{% macro orden_de_estado(estado) -%}
    case {{ estado }}
        when 'cumplida' then 1
        when 'en_meta' then 2
        when 'cumplida_con_retraso' then 3
        when 'en_proceso' then 4
        when 'no_iniciada' then 5
        when 'incumplida' then 6
        when 'sin_datos' then 7
    end
{%- endmacro %}

{# 6 de noviembre de 2025. #}
{% macro fecha_en_palabras(fecha) -%}
    {%- set meses = [
        'enero', 'febrero', 'marzo', 'abril', 'mayo', 'junio', 'julio', 'agosto', 'septiembre', 'octubre', 'noviembre', 'diciembre',
    ] -%}
    {%- set mes -%}
        case extract(month from {{ fecha }}) {% for nombre in meses %}when {{ loop.index }} then '{{ nombre }}' {% endfor %}end
    {%- endset -%}
    {{ dbt.concat([
        "cast(extract(day from " ~ fecha ~ ") as " ~ dbt.type_string() ~ ")", "' de '", mes, "' de '",
        "cast(extract(year from " ~ fecha ~ ") as " ~ dbt.type_string() ~ ")",
    ]) }}
{%- endmacro %}

{# The Secretariado's opinion on a target. #}
{% macro texto_de_dictamen(dictamen) -%}
    case {{ dictamen }}
        when 'validado' then 'Validado por el Secretariado'
        when 'validado_con_observaciones' then 'Validado con observaciones del Secretariado'
        when 'no_validado' then 'No validado por el Secretariado'
        else 'El Secretariado aún no lo revisa'
    end
{%- endmacro %}
