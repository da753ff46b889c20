{#
  How facts are counted (rules.md, "Value of an indicator"): numerator and denominator of every indicator at every *punto*, a state (the
  quarter as of which rows are read) and a day d. Facts are collapsed to counts by exercise, interval and first day of evaluation, and only
  those few meet the points: one pass over the rows, whatever the number of quarters. People are counted by a bit mask of points for each.

  Emits the CTEs from puntos to valores (indicador, lectura, ejercicio, estado_indice, dia, numerador, denominador).
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
{{ _conteos(contadas) }},

{% endif %}
{%- if por.presentes -%}
{{ _entregados(por.presentes) }},

{% endif %}
{%- if por.personas -%}
{{ _personas(por.personas) }},

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

{# How many facts count below and above at each point, by group. Emits the CTE conteos. #}
{% macro _conteos(reglas) -%}
dias as (

    select * from {{ ref('int_dias_de_evaluacion') }}

),

por_dia as (

    select
        indicador,
        lectura,
        ejercicio,
        vigente_desde,
        vigente_hasta,
        fecha_hasta,
        fecha_denominador,
        fecha_numerador,
        grupo,
        count(*) as filas
    from (
        {{ hechos_contados(reglas) }}
    ) as hechos
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9

),

por_dia_de_evaluacion as (

    select
        por_dia.indicador,
        por_dia.lectura,
        por_dia.ejercicio,
        por_dia.vigente_desde,
        por_dia.vigente_hasta,
        por_dia.fecha_hasta,
        dias_denominador.dia_evaluacion as dia_denominador,
        dias_numerador.dia_evaluacion as dia_numerador,
        por_dia.grupo,
        sum(por_dia.filas) as filas
    from por_dia
    left join dias as dias_denominador
        on {{ dia_desde_inicio('por_dia.fecha_denominador') }} = dias_denominador.fecha
    left join dias as dias_numerador
        on {{ dia_desde_inicio('por_dia.fecha_numerador') }} = dias_numerador.fecha
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9

),

conteos as (

    select
        puntos.indicador,
        puntos.lectura,
        puntos.ejercicio,
        puntos.estado_indice,
        puntos.dia,
        hechos.grupo,
        cast(coalesce(sum(case when hechos.dia_numerador <= puntos.dia then hechos.filas else 0 end), 0) as bigint) as filas_numerador,
        cast(coalesce(sum(case when hechos.dia_denominador <= puntos.dia then hechos.filas else 0 end), 0) as bigint) as filas_denominador
    from puntos
    left join por_dia_de_evaluacion as hechos
        on
            puntos.indicador = hechos.indicador
            and puntos.lectura = hechos.lectura
            and puntos.ejercicio = hechos.ejercicio
            and puntos.estado_indice >= hechos.vigente_desde
            and puntos.estado_indice < hechos.vigente_hasta
            and (hechos.fecha_hasta is null or puntos.dia <= hechos.fecha_hasta)
    where {{ es_de(reglas, 'puntos') }}
    group by 1, 2, 3, 4, 5, 6

)
{%- endmacro %}

{# Days before the plan are all evaluated with its first point. #}
{% macro dia_desde_inicio(fecha) -%}
    case when {{ fecha }} < {{ inicio_del_plan() }} then {{ inicio_del_plan() }} else {{ fecha }} end
{%- endmacro %}

{# Quarter of the first standing delivery by a responsible office: from then on a value of Sí or No is 1 of 1 or 0 of 1. 
   Emits the CTE entregados. #}
{% macro _entregados(reglas) -%}
entregados as (

    select
        responsables.indicador,
        min(entregas.indice) as indice
    from {{ ref('stg_entregas') }} as entregas
    inner join {{ ref('matriz_responsables') }} as responsables on entregas.dependencia = responsables.dependencia
    where
        entregas.vigente
        and (
            {% for regla in reglas -%}
            {% if not loop.first %}or {% endif %}(responsables.indicador = '{{ regla.indicador }}' and entregas.export = '{{ regla.export }}')
            {% endfor %}
        )
    group by 1

)
{%- endmacro %}

{#
  Distinct people at each point, however many of their rows count. Every point of a target has a bit; at which points a fact counts follows
  from its interval and its days, of which there are few, and a person's mask is the union of those of their facts: one pass over the rows.
  Emits the CTE personas_en_puntos.
#}
{% macro _personas(reglas) -%}
puntos_con_bit as (

    select
        *,
        cast(
            power(2, row_number() over (partition by indicador, lectura, ejercicio order by estado_indice, dia) - 1) as {{ dbt.type_bigint() }}
        ) as bit
    from puntos
    where {{ es_de(reglas) }}

),

-- The part of an interval that lies in the plan's quarters is what meets the points. So few are possible that they are all listed, and the
-- rows need not be read to know them.
limites as (

    select cast({{ pamga_leon.plan().primer_trimestre - 1 }} + numerados.generated_number as integer) as indice
    from ({{ dbt.generate_series(pamga_leon.plan().trimestres + 1) }}) as numerados

),

mascaras_de_intervalo as (

    select
        puntos_con_bit.indicador,
        puntos_con_bit.lectura,
        puntos_con_bit.ejercicio,
        primeros.indice as primero,
        despues.indice as despues,
        cast(sum(puntos_con_bit.bit) as {{ dbt.type_bigint() }}) as mascara
    from puntos_con_bit
    inner join limites as primeros on puntos_con_bit.estado_indice >= primeros.indice
    inner join limites as despues on puntos_con_bit.estado_indice < despues.indice
    group by 1, 2, 3, 4, 5

),

-- the points from a day on, and those up to it
fechas as (

    select cast({{ dbt.dateadd('day', 'numerados.generated_number - 1', inicio_del_plan()) }} as date) as fecha
    from ({{ dbt.generate_series(pamga_leon.plan().dias) }}) as numerados

),

mascaras_de_dia as (

    select
        puntos_con_bit.indicador,
        puntos_con_bit.lectura,
        puntos_con_bit.ejercicio,
        fechas.fecha,
        cast(coalesce(sum(case when puntos_con_bit.dia >= fechas.fecha then puntos_con_bit.bit end), 0) as {{ dbt.type_bigint() }}) as desde,
        cast(coalesce(sum(case when puntos_con_bit.dia <= fechas.fecha then puntos_con_bit.bit end), 0) as {{ dbt.type_bigint() }}) as hasta
    from puntos_con_bit
    cross join fechas
    group by 1, 2, 3, 4

),

por_persona as (

    select
        hechos.indicador,
        hechos.lectura,
        hechos.ejercicio,
        hechos.llave,
        {{ union_de_bits(bits_comunes(bits_comunes('intervalos.mascara', 'coalesce(abajo.desde, 0)'), 'coalesce(fin.hasta, intervalos.mascara)')) }}
            as mascara_abajo,
        {{ union_de_bits(bits_comunes(bits_comunes('intervalos.mascara', 'coalesce(arriba.desde, 0)'), 'coalesce(fin.hasta, intervalos.mascara)')) }}
            as mascara_arriba
    from (
        {{ hechos_contados(reglas) }}
    ) as hechos
    inner join mascaras_de_intervalo as intervalos
        on
            hechos.indicador = intervalos.indicador
            and hechos.lectura = intervalos.lectura
            and hechos.ejercicio = intervalos.ejercicio
            and {{ mayor_de('hechos.vigente_desde', pamga_leon.plan().primer_trimestre) }} = intervalos.primero
            and {{ menor_de('hechos.vigente_hasta', pamga_leon.plan().primer_trimestre + pamga_leon.plan().trimestres) }} = intervalos.despues
    {% for dia, fecha in [('abajo', 'fecha_denominador'), ('arriba', 'fecha_numerador'), ('fin', 'fecha_hasta')] -%}
    left join mascaras_de_dia as {{ dia }}
        on
            hechos.indicador = {{ dia }}.indicador
            and hechos.lectura = {{ dia }}.lectura
            and hechos.ejercicio = {{ dia }}.ejercicio
            and {{ dia_desde_inicio('hechos.' ~ fecha) }} = {{ dia }}.fecha
    {% endfor -%}
    group by 1, 2, 3, 4

),

personas as (

    select
        indicador,
        lectura,
        ejercicio,
        mascara_abajo,
        mascara_arriba,
        count(*) as personas
    from por_persona
    group by 1, 2, 3, 4, 5

),

personas_en_puntos as (

    select
        puntos_con_bit.indicador,
        puntos_con_bit.lectura,
        puntos_con_bit.ejercicio,
        puntos_con_bit.estado_indice,
        puntos_con_bit.dia,
        cast(coalesce(sum(case when {{ bits_comunes('personas.mascara_arriba', 'puntos_con_bit.bit') }} != 0 then personas.personas end), 0) as bigint)
            as numerador,
        cast(coalesce(sum(case when {{ bits_comunes('personas.mascara_abajo', 'puntos_con_bit.bit') }} != 0 then personas.personas end), 0) as bigint)
            as denominador
    from puntos_con_bit
    left join personas using (indicador, lectura, ejercicio)
    group by 1, 2, 3, 4, 5

)
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
