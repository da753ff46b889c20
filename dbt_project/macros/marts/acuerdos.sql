{#
  Versions of agreements of a CTE `acuerdos` (int_acuerdos_por_version) as they stood at the cut-off of every quarter of a CTE `trimestres`, counted by `columnas`.
  The agreements are first collapsed to the quarters in which something happens to them, so that few rows meet the quarters; what falls due
  after the last cut-off, which may lie within its quarter, has not happened.
  Emits the CTEs from agrupados to por_trimestre.
#}
{% macro acuerdos_por_trimestre(columnas) -%}
ultimo_corte as (

    select max(fecha_corte) as dia from trimestres

),

agrupados as (

    select
        {{ columnas | join(',\n        ') }},
        vigente_desde,
        vigente_hasta,
        {{ indice_de_fecha('fecha_acuerdo') }} as hecho,
        {{ indice_de_fecha('fecha_finalizacion') }} as finalizado,
        case
            when fecha_limite < ultimo_corte.dia then {{ indice_de_fecha(dbt.dateadd('day', 1, 'fecha_limite')) }}
            else {{ sin_fin() }}
        end as vencido,
        case when fecha_finalizacion <= fecha_limite then 1 else 0 end as a_tiempo,
        count(*) as cuantos,
        sum({{ dbt.datediff(inicio_del_plan(), 'fecha_limite', 'day') }}) as dias_al_limite,
        min(fecha_limite) as primer_limite
    from acuerdos
    cross join ultimo_corte
    group by {{ range(1, columnas | length + 7) | join(', ') }}

),

en_trimestre as (

    select
        agrupados.*,
        trimestres.trimestre,
        trimestres.indice,
        trimestres.fecha_corte,
        case
            when agrupados.finalizado <= trimestres.indice and agrupados.a_tiempo = 1 then 'finalizado_en_plazo'
            when agrupados.finalizado <= trimestres.indice then 'finalizado_con_retraso'
            when agrupados.vencido <= trimestres.indice then 'vencido'
            else 'en_plazo'
        end as situacion,
        {{ entero_entre('agrupados.hecho', 4) }} = {{ entero_entre('trimestres.indice', 4) }} as del_ejercicio
    from agrupados
    inner join trimestres
        on
            agrupados.hecho <= trimestres.indice
            and agrupados.vigente_desde <= trimestres.indice
            and agrupados.vigente_hasta > trimestres.indice

),

por_trimestre as (

    select
        trimestre,
        fecha_corte,
        {{ columnas | join(',\n        ') }},
        {{ acuerdos_por_situacion('cuantos') }},
        cast(sum(case when hecho = indice then cuantos else 0 end) as bigint) as acuerdos_trimestre,
        cast(sum(case when del_ejercicio then cuantos else 0 end) as bigint) as acuerdos_ejercicio,
        cast(
            sum(
                case
                    when
                        del_ejercicio and finalizado <= indice
                        and {{ entero_entre('finalizado', 4) }} = {{ entero_entre('indice', 4) }}
                        then cuantos
                    else 0
                end
            ) as bigint
        ) as finalizados_ejercicio,
        cast(
            sum(
                case
                    when situacion = 'vencido'
                        then cuantos * {{ dbt.datediff(inicio_del_plan(), 'fecha_corte', 'day') }} - dias_al_limite
                    else 0
                end
            ) as bigint
        ) as dias_vencidos,
        cast(
            max(
                case when situacion = 'vencido' then {{ dbt.datediff('primer_limite', 'fecha_corte', 'day') }} else 0 end
            ) as bigint
        ) as dias_vencidos_maximo
    from en_trimestre
    group by {{ range(1, columnas | length + 3) | join(', ') }}

)
{%- endmacro %}

{# Agreements, and how many of them stand how; `cuantos`: the agreements of a row. #}
{% macro acuerdos_por_situacion(cuantos) -%}
    cast(sum({{ cuantos }}) as bigint) as acuerdos,
    cast(sum(case when situacion = 'finalizado_en_plazo' then {{ cuantos }} else 0 end) as bigint) as finalizados_en_plazo,
    cast(sum(case when situacion = 'finalizado_con_retraso' then {{ cuantos }} else 0 end) as bigint) as finalizados_con_retraso,
    cast(sum(case when situacion = 'en_plazo' then {{ cuantos }} else 0 end) as bigint) as en_plazo,
    cast(sum(case when situacion = 'vencido' then {{ cuantos }} else 0 end) as bigint) as vencidos
{%- endmacro %}

{# Monday of the week of a day. #}
{% macro semana_de(fecha) -%}
    cast({{ dbt.date_trunc('week', fecha) }} as date)
{%- endmacro %}

{# The week before the plan's first one, which stands for everything older. #}
{% macro semana_antes_del_plan() -%}
    cast({{ dbt.dateadd('day', -7, semana_de(inicio_del_plan())) }} as date)
{%- endmacro %}

{% macro respuestas() %}
    {{ return(['muy_satisfecho', 'satisfecho', 'neutral', 'insatisfecho', 'muy_insatisfecho', 'no_contesta']) }}
{% endmacro %}

{# Columns that count the answers of a survey. #}
{% macro contar_respuestas() -%}
    {% for respuesta in pamga_leon.respuestas() -%}
    count(case when respuesta = '{{ respuesta }}' then 1 end) as {{ respuesta }},
    {% endfor -%}
    count(case when respuesta != 'no_contesta' then 1 end) as validas,
    count(case when respuesta in ('satisfecho', 'muy_satisfecho') then 1 end) as satisfechas
{%- endmacro %}

{# What contar_respuestas counted, as the marts show it: zeros where nobody answered, and the share of the satisfied. #}
{% macro respuestas_presentadas(contadas) -%}
    {% for respuesta in pamga_leon.respuestas() + ['validas', 'satisfechas'] -%}
    cast(coalesce({{ contadas }}.{{ respuesta }}, 0) as bigint) as {{ respuesta }},
    {% endfor -%}
    {{ porcentaje(contadas ~ '.satisfechas', contadas ~ '.validas') }} as porcentaje
{%- endmacro %}

{# The day by which an agreement is due: one calendar month after it was made when inmediato, three when gestion
   (rules.md, "Follow-up of Mi Barrio Habla agreements"). #}
{% macro limite_de_acuerdo(acuerdos) -%}
    cast(
        case {{ acuerdos }}.tipo
            when 'inmediato' then {{ dbt.dateadd('month', 1, acuerdos ~ '.fecha_acuerdo') }}
            else {{ dbt.dateadd('month', 3, acuerdos ~ '.fecha_acuerdo') }}
        end as date
    )
{%- endmacro %}

{# The day from which an agreement of `filas` was to be settled, the one after its last; null when that is in a later year. #}
{% macro plazo_cumplido_en_el_anio() -%}
    {%- set dia_siguiente = 'cast(' ~ dbt.dateadd('day', 1, limite_de_acuerdo('filas')) ~ ' as date)' -%}
    case when extract(year from {{ dia_siguiente }}) = extract(year from filas.fecha_acuerdo) then {{ dia_siguiente }} end
{%- endmacro %}

{#
  Agreements of `filas` (a relation of versions or of the state) made up to the cut-off, with their place and their due day; `columnas` of their
  own besides. What happened after the cut-off has not happened. Emits the CTEs from acuerdos to con_plazo.
#}
{% macro acuerdos_con_plazo_de(filas, columnas) -%}
acuerdos as (

    select * from {{ ref(filas) }}

),

corte as (

    select * from {{ ref('int_corte') }}

),

con_plazo as (

    select
        acuerdos.acuerdo_id,
        acuerdos.fecha_acuerdo,
        acuerdos.tipo,
        acuerdos.tema,
        acuerdos.dependencia,
        {% for columna in columnas -%}
        {{ columna }},
        {% endfor -%}
        lugares.colonia_id,
        lugares.colonia,
        {{ limite_de_acuerdo('acuerdos') }} as fecha_limite,
        case when acuerdos.fecha_finalizacion <= corte.fecha_corte then acuerdos.fecha_finalizacion end as fecha_finalizacion
    from acuerdos
    inner join corte on acuerdos.fecha_acuerdo <= corte.fecha_corte
    {{ unir_lugar('acuerdos', 'acuerdos') }}

)
{%- endmacro %}
