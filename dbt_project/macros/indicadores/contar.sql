{#
  How facts are counted (rules.md, "Value of an indicator"): numerator and denominator of every indicator at every *punto*, a state (the
  quarter as of which rows are read) and a day d. Facts are collapsed to counts by exercise, interval and first day of evaluation, and only
  those few meet the points: one pass over the rows, whatever the number of quarters. People are counted by a bit mask of points for each.

  Emits the CTEs from puntos to valores (indicador, lectura, ejercicio, estado_indice, dia, numerador, denominador); those of rows stand in
  contar_filas.sql, those of people in contar_personas.sql.
#}
{% macro contar(otras_lecturas=false) -%}
{%- set reglas = pamga_leon.reglas_que_se_cuentan(otras_lecturas) -%}
{%- set por = {} -%}
{%- for cuenta in ['filas', 'grupos', 'presentes', 'personas'] -%}
    {%- do por.update({cuenta: reglas | selectattr('se_cuentan', 'equalto', cuenta) | list}) -%}
{%- endfor -%}
{%- set contadas = por.filas + por.grupos + por.presentes -%}
puntos as (

    select * from {{ ref('int_puntos_de_evaluacion') }}
    where {{ es_de(reglas) }}

),

{% if contadas -%}
{{ ctes_de_filas(contadas) }},

{% endif %}
{%- if por.presentes -%}
{{ ctes_de_entregados(por.presentes) }},

{% endif %}
{%- if por.personas -%}
{{ ctes_de_personas(por.personas) }},

{% endif -%}
valores as (

    {% for cuenta in por if por[cuenta] -%}
    {% if not loop.first %}union all{% endif %}
    {% if cuenta == 'filas' -%}
    select
        indicador,
        lectura,
        ejercicio,
        estado_indice,
        dia,
        filas_numerador as numerador,
        {{ _al_menos(por.filas, 'filas_denominador') }} as denominador
    from conteos
    where {{ es_de(por.filas) }}
    {%- elif cuenta == 'grupos' -%}
    select
        indicador,
        lectura,
        ejercicio,
        estado_indice,
        dia,
        cast(
            count(case when filas_denominador > 0 and 100 * filas_numerador >= {{ _umbral(por.grupos) }} * filas_denominador then 1 end) as bigint
        ) as numerador,
        cast(count(case when filas_denominador > 0 then 1 end) as bigint) as denominador
    from conteos
    where {{ es_de(por.grupos) }}
    group by 1, 2, 3, 4, 5
    {%- elif cuenta == 'presentes' -%}
    select
        conteos.indicador,
        conteos.lectura,
        conteos.ejercicio,
        conteos.estado_indice,
        conteos.dia,
        cast(case when count(case when conteos.filas_numerador > 0 then 1 end) >= {{ _hacen_falta(por.presentes) }} then 1 else 0 end as bigint) as numerador,
        cast(max(case when entregados.indice <= conteos.estado_indice then 1 else 0 end) as bigint) as denominador
    from conteos
    left join entregados on conteos.indicador = entregados.indicador
    where {{ es_de(por.presentes, 'conteos') }}
    group by 1, 2, 3, 4, 5
    {%- else -%}
    select * from personas_en_puntos
    {%- endif %}
    {% else -%}
    select
        indicador,
        lectura,
        ejercicio,
        estado_indice,
        dia,
        cast(null as bigint) as numerador,
        cast(null as bigint) as denominador
    from puntos
    {% endfor %}

)
{%- endmacro %}

{# The facts of some rules. dbt's unit tests look at one model: there they are worked out in place, as int_hechos does. #}
{% macro hechos_contados(reglas) -%}
    {% if var('reglas_en_prueba', none) is none -%}
        select * from {{ ref('int_hechos') }}
        where {{ es_de(reglas) }}
    {%- else -%}
    {{ hechos_de(reglas) }}
    {%- endif %}
{%- endmacro %}

{# Days before the plan are all evaluated with its first point. #}
{% macro dia_desde_inicio(fecha) -%}
    case when {{ fecha }} < {{ inicio_del_plan() }} then {{ inicio_del_plan() }} else {{ fecha }} end
{%- endmacro %}

{# Never fewer rows than the plan fixes: one that is not delivered is not done. #}
{% macro _al_menos(reglas, cuantas) -%}
    {%- set fijadas = reglas | selectattr('al_menos', 'defined') | rejectattr('al_menos', 'equalto', 0) | list -%}
    {%- if fijadas -%}
    {{ mayor_de(cuantas, _por_indicador(fijadas, 'al_menos')) }}
    {%- else -%}
    {{ cuantas }}
    {%- endif %}
{%- endmacro %}

{% macro _umbral(reglas) -%} {{ _por_indicador(reglas, 'umbral') }} {%- endmacro %}

{% macro _hacen_falta(reglas) -%} max({{ _por_indicador(reglas, 'hacen_falta', 'conteos.') }}) {%- endmacro %}

{# A number of the rules by whose row it is; 0 for others. #}
{% macro _por_indicador(reglas, numero, de='') -%}
    case
        {% for regla in reglas -%}
        when {{ de }}indicador = '{{ regla.indicador }}' and {{ de }}lectura = '{{ regla.lectura }}' then {{ regla[numero] }}
        {% endfor -%}
        else 0
    end
{%- endmacro %}
