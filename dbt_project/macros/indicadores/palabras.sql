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
    case {{ estado }} {% for clave, texto in pamga_leon.estados().items() %}when '{{ clave }}' then '{{ texto }}' {% endfor %}end
{%- endmacro %}

{% macro orden_de_estado(estado) -%}
    case {{ estado }} {% for clave in pamga_leon.estados() %}when '{{ clave }}' then {{ loop.index }} {% endfor %}end
{%- endmacro %}

{# 6 de noviembre de 2025. #}
{% macro fecha_en_palabras(fecha) -%}
    {%- set mes -%}
        case extract(month from {{ fecha }}) {% for nombre in pamga_leon.meses() %}when {{ loop.index }} then '{{ nombre }}' {% endfor %}end
    {%- endset -%}
    {{ dbt.concat([
        "cast(extract(day from " ~ fecha ~ ") as " ~ dbt.type_string() ~ ")", "' de '", mes, "' de '",
        "cast(extract(year from " ~ fecha ~ ") as " ~ dbt.type_string() ~ ")",
    ]) }}
{%- endmacro %}

{# The Secretariado's opinion on a target. #}
{% macro texto_de_dictamen(dictamen) -%}
    {%- set dictamenes = dict(pamga_leon.dictamenes()) -%}
    {%- set nadie_lo_ve = dictamenes.pop('sin_revisar') -%}
    case {{ dictamen }}
        {% for clave, texto in dictamenes.items() -%}
        when '{{ clave }}' then '{{ texto }}'
        {% endfor -%}
        else '{{ nadie_lo_ve }}'
    end
{%- endmacro %}

{% macro en_texto(numero) -%} cast({{ numero }} as {{ dbt.type_string() }}) {%- endmacro %}

{# 1,234,567: a whole number that is not negative, up to a billion. #}
{% macro con_comas(numero) -%}
    {%- set miles = entero_entre(numero, 1000) -%}
    {%- set millones = entero_entre(numero, 1000000) -%}
    case
        when {{ numero }} < 1000 then {{ en_texto(numero) }}
        when {{ numero }} < 1000000 then {{ dbt.concat([en_texto(miles), "','", _tres_cifras(numero)]) }}
        else {{ dbt.concat([en_texto(millones), "','", _tres_cifras(miles), "','", _tres_cifras(numero)]) }}
    end
{%- endmacro %}

{% macro _tres_cifras(numero) -%} lpad({{ en_texto(numero ~ ' % 1000') }}, 3, '0') {%- endmacro %}

{# How many rows of a target are shown and of how many; where not all of them, also where they all are. Empty where none is. #}
{% macro cuantos_de_cuantos(cuantos, a_lo_mas, conjunto) -%}
    case
        when {{ cuantos }} <= {{ a_lo_mas }} then {{ dbt.concat([con_comas(cuantos), "' de '", con_comas(cuantos)]) }}
        when {{ cuantos }} > {{ a_lo_mas }} then {{ dbt.concat([
            con_comas('cast(' ~ a_lo_mas ~ ' as bigint)'), "' de '", con_comas(cuantos), "'; todos, en los datos publicados de '", conjunto,
        ]) }}
    end
{%- endmacro %}
