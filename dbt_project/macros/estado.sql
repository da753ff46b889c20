{#
  The state as of a quarter (rules.md, "Quarters, deliveries, versions").

  A quarter is compared by its index (quarters since year 0), so that consecutive quarters differ by one. Every version
  of a row is given the half-open interval [vigente_desde, vigente_hasta) of quarters in which it is the state; the
  state as of quarter q are the rows with vigente_desde <= q < vigente_hasta. One pass over the rows, whatever the
  number of quarters.
#}

{# Index of a quarter written 2026T3: 4 * 2026 + 2. #}
{% macro indice_de_trimestre(columna) -%}
    (cast(substring({{ columna }}, 1, 4) as integer) * 4 + cast(substring({{ columna }}, 6, 1) as integer) - 1)
{%- endmacro %}

{# The quarter of an index, written 2026T3. #}
{% macro trimestre_de_indice(columna) -%}
    {{ dbt.concat([
        "cast(" ~ entero_entre(columna, 4) ~ " as " ~ dbt.type_string() ~ ")",
        "'T'",
        "cast(" ~ columna ~ " % 4 + 1 as " ~ dbt.type_string() ~ ")",
    ]) }}
{%- endmacro %}

{# Index of the quarter that holds a day. #}
{% macro indice_de_fecha(columna) -%}
    (cast(extract(year from {{ columna }}) as integer) * 4 + cast(extract(quarter from {{ columna }}) as integer) - 1)
{%- endmacro %}

{# The index after every quarter: a version that nothing has replaced stands until here. #}
{% macro sin_fin() -%} 999999 {%- endmacro %}

{#
  Versions of an export with `entrega: parcial`. A row stands until the next standing delivery that holds its key;
  a row with `baja` only ends the one before it.
#}
{% macro versiones_de_entrega_parcial(relacion, clave) -%}
with

entregadas as (

    select
        *,
        entrega_indice as vigente_desde,
        coalesce(
            lead(entrega_indice) over (partition by {{ clave | join(', ') }} order by entrega_indice),
            {{ sin_fin() }}
        ) as vigente_hasta
    from {{ relacion }}

)

select * from entregadas
where not coalesce(baja, false)
{%- endmacro %}

{#
  Versions of an export with `entrega: completa`. All rows of a standing delivery stand until the next standing
  delivery of the export, which may be empty: the intervals come from the list of deliveries, not from the rows.
#}
{% macro versiones_de_entrega_completa(relacion, export) -%}
with

entregas as (

    select
        indice,
        coalesce(lead(indice) over (order by indice), {{ sin_fin() }}) as vigente_hasta
    from {{ ref('stg_entregas') }}
    where export = '{{ export }}' and vigente

),

entregadas as (

    select
        filas.*,
        entregas.indice as vigente_desde,
        entregas.vigente_hasta
    from {{ relacion }} as filas
    inner join entregas on filas.entrega_indice = entregas.indice

)

select * from entregadas
{%- endmacro %}

{# The state as of the last delivery: the versions that nothing has replaced. #}
{% macro estado_vigente(versiones) -%}
select * from {{ versiones }}
where vigente_hasta = {{ sin_fin() }}
{%- endmacro %}

{#
  The day as of which a quarter is judged (rules.md, "Status at a quarter"): its last day once it is closed, else the earlier of its last
  day and the newest day of receipt of the lake.
#}
{% macro fecha_corte_de(ultimo_dia, cerrado, recibido_hasta) -%}
    case when {{ cerrado }} then {{ ultimo_dia }} else {{ menor_de(ultimo_dia, recibido_hasta) }} end
{%- endmacro %}

{#
  What says how far a run looks: the standing deliveries, the exports that have indicators, what the run knows and closes, the quarters that
  are closed. Emits the CTEs from entregas to cierres.
#}
{% macro entregado_y_cerrado() -%}
entregas as (

    select * from {{ ref('stg_entregas') }}
    where vigente

),

exportaciones as (

    select distinct export from {{ ref('matriz_exportaciones') }}

),

corrida as (

    select
        recibido_hasta,
        {{ indice_de_trimestre('cierre') }} as cierre_indice
    from {{ ref('stg_corrida') }}

),

cierres as (

    select * from {{ ref('stg_cierres') }}

)
{%- endmacro %}
