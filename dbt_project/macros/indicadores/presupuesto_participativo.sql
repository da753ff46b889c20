{# A day so many years later, 29 February clipped to the month's end; the day itself for 0. #}
{% macro mas_anios(fecha, anios) -%}
    {% if anios %}cast({{ dbt.dateadd('year', anios, fecha) }} as date){% else %}{{ fecha }}{% endif %}
{%- endmacro %}

{#
  Attendances of this year against those of the year before (PP-1). `corrimiento`: 1 to hold last year's back by a year, so that the same
  months are compared. Emits the CTEs from talleres to valores.
#}
{% macro asistencias_entre_anios(indicador, corrimiento=0, lectura=none) -%}
talleres as (

    select * from {{ ref('int_talleres_versiones') }}
    where fecha_realizada is not null

),

-- attendances are many and workshops few: they are counted per workshop and interval before they meet
asistencias_por_taller as (

    select
        taller_id,
        vigente_desde,
        vigente_hasta,
        count(*) as filas
    from {{ ref('int_asistencia_talleres_versiones') }}
    group by 1, 2, 3

),

conteos_por_taller as (

    select
        cast(extract(year from talleres.fecha_realizada) as integer) as anio,
        talleres.fecha_realizada,
        {{ mayor_de('asistencias_por_taller.vigente_desde', 'talleres.vigente_desde') }} as vigente_desde,
        {{ menor_de('asistencias_por_taller.vigente_hasta', 'talleres.vigente_hasta') }} as vigente_hasta,
        asistencias_por_taller.filas
    from asistencias_por_taller
    inner join talleres
        on
            asistencias_por_taller.taller_id = talleres.taller_id
            and asistencias_por_taller.vigente_desde < talleres.vigente_hasta
            and asistencias_por_taller.vigente_hasta > talleres.vigente_desde

),

-- this year's above, last year's below
contados as (

    select
        anio as ejercicio,
        vigente_desde,
        vigente_hasta,
        cast(null as date) as fecha_denominador,
        fecha_realizada as fecha_numerador,
        cast(null as date) as fecha_hasta,
        filas
    from conteos_por_taller
    union all
    select
        anio + 1 as ejercicio,
        vigente_desde,
        vigente_hasta,
        {{ mas_anios('fecha_realizada', corrimiento) }} as fecha_denominador,
        cast(null as date) as fecha_numerador,
        cast(null as date) as fecha_hasta,
        filas
    from conteos_por_taller

),

-- an attendance counts above in its workshop's year and below in the next one
papeles as (

    select 0 as anios
    union all
    select 1 as anios

),

-- the same, row by row, for `pamga explain`
hechos as (

    select
        cast(extract(year from talleres.fecha_realizada) as integer) + papeles.anios as ejercicio,
        {{ mayor_de('asistencia_talleres.vigente_desde', 'talleres.vigente_desde') }} as vigente_desde,
        {{ menor_de('asistencia_talleres.vigente_hasta', 'talleres.vigente_hasta') }} as vigente_hasta,
        case when papeles.anios = 1 then {{ mas_anios('talleres.fecha_realizada', corrimiento) }} end as fecha_denominador,
        case when papeles.anios = 0 then talleres.fecha_realizada end as fecha_numerador,
        cast(null as date) as fecha_hasta,
        {{ dbt.concat(['asistencia_talleres.taller_id', "' · '", 'asistencia_talleres.asistente_id']) }} as llave,
        asistencia_talleres.entrega_dependencia,
        asistencia_talleres.entrega_trimestre,
        asistencia_talleres.entrega_version,
        asistencia_talleres.fila
    from {{ ref('int_asistencia_talleres_versiones') }} as asistencia_talleres
    inner join talleres
        on
            asistencia_talleres.taller_id = talleres.taller_id
            and asistencia_talleres.vigente_desde < talleres.vigente_hasta
            and asistencia_talleres.vigente_hasta > talleres.vigente_desde
    cross join papeles

),

{{ valores_por_conteo(indicador, 'contados', 'sum(contados.filas)', lectura) }}
{%- endmacro %}

{# Letters of the financed spaces (PP-3). `fecha_carta`: the day from which a letter counts. Emits the CTEs from proyectos_pp to valores. #}
{% macro cartas_compromiso(indicador, fecha_carta='fecha_carta_compromiso', lectura=none) -%}
proyectos_pp as (

    select * from {{ ref('int_proyectos_pp_versiones') }}
    where financiado and tipo_espacio != 'otro'

),

hechos as (

    select
        cast(ejercicio_fiscal as integer) as ejercicio,
        vigente_desde,
        vigente_hasta,
        {{ inicio_del_plan() }} as fecha_denominador,
        {{ fecha_carta }} as fecha_numerador,
        cast(null as date) as fecha_hasta,
        {{ procedencia('proyecto_id') }}
    from proyectos_pp

),

{{ valores_por_conteo(indicador, lectura=lectura) }}
{%- endmacro %}
