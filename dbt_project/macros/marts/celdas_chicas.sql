{#
  Small cells (rules.md, "Personal data"). Plain SQL and plain loops: the tests render these macros without dbt and run them on random
  tables. Primary: a cell that counts 1 to 4 people. Secondary, to a fixpoint: where a row or a column has exactly one hidden cell,
  its smallest open cell is hidden too (ties: the first by name). A 0 is hidden only where nothing else is open: 0 is shown, and
  it protects little, since nobody counts less than nothing.
#}
{% macro es_chica(valor) -%}
    {{ valor }} between 1 and 4
{%- endmacro %}

{% macro de_menor_a_mayor(valor) -%}
    case when {{ valor }} = 0 then 1 else 0 end, {{ valor }}
{%- endmacro %}

{#
  Protect the tables of a CTE `celdas` (tabla, renglon, columna, valor): one row per cell, none missing. `lineas`: rows plus columns of a
  table. Rows and columns take turns. Every turn but the first either changes nothing more for good or settles at least one line
  (a line with two hidden cells stays so), hence one turn more than there are lines reaches the fixpoint: the loop is unrolled and
  needs no engine's recursion.

  Two hidden cells in every line are not quite enough: a hidden cell that alone joins two groups of hidden cells (a bridge) still
  follows from the margins of one group. Such a table is rare; all cells where its hidden rows and columns cross are hidden,
  after which no bridge is left. A cell is no bridge when its column can be reached from its row over other hidden cells; each
  step of the walk changes column, so `columnas` - 1 steps are enough.

  Emits the CTEs from pasada_0 to celdas_protegidas (tabla, renglon, columna, valor, oculta).
#}
{% macro celdas_protegidas(lineas, columnas) -%}
pasada_0 as (

    select
        tabla,
        renglon,
        columna,
        valor,
        {{ es_chica('valor') }} as oculta
    from celdas

),

{% for pasada in range(1, lineas + 2) -%}
{%- set linea, cruce = ('renglon', 'columna') if pasada % 2 else ('columna', 'renglon') -%}
lineas_{{ pasada }} as (

    select
        *,
        sum(case when oculta then 1 else 0 end) over (partition by tabla, {{ linea }}) as ocultas_en_linea,
        row_number() over (
            partition by tabla, {{ linea }}, oculta
            order by {{ de_menor_a_mayor('valor') }}, {{ cruce }}
        ) as lugar
    from pasada_{{ pasada - 1 }}

),

pasada_{{ pasada }} as (

    select
        tabla,
        renglon,
        columna,
        valor,
        oculta or (ocultas_en_linea = 1 and lugar = 1) as oculta
    from lineas_{{ pasada }}

),

{% endfor -%}
ocultas as (

    select
        tabla,
        renglon,
        columna
    from pasada_{{ lineas + 1 }}
    where oculta

),

alcance_0 as (

    select
        ocultas.tabla,
        ocultas.renglon,
        ocultas.columna,
        otras.columna as alcanzada
    from ocultas
    inner join ocultas as otras
        on
            ocultas.tabla = otras.tabla
            and ocultas.renglon = otras.renglon
            and ocultas.columna != otras.columna

),

{% for paso in range(1, columnas) -%}
alcance_{{ paso }} as (

    select * from alcance_{{ paso - 1 }}
    union
    select
        alcance_{{ paso - 1 }}.tabla,
        alcance_{{ paso - 1 }}.renglon,
        alcance_{{ paso - 1 }}.columna,
        hacia.columna as alcanzada
    from alcance_{{ paso - 1 }}
    inner join ocultas as desde
        on
            alcance_{{ paso - 1 }}.tabla = desde.tabla
            and alcance_{{ paso - 1 }}.alcanzada = desde.columna
            and alcance_{{ paso - 1 }}.renglon != desde.renglon
    inner join ocultas as hacia
        on
            desde.tabla = hacia.tabla
            and desde.renglon = hacia.renglon

),

{% endfor -%}
tablas_con_puente as (

    select distinct ocultas.tabla
    from ocultas
    left join alcance_{{ columnas - 1 }} as alcance
        on
            ocultas.tabla = alcance.tabla
            and ocultas.renglon = alcance.renglon
            and ocultas.columna = alcance.columna
            and ocultas.columna = alcance.alcanzada
    where alcance.tabla is null

),

cruces as (

    select distinct
        renglones.tabla,
        renglones.renglon,
        columnas.columna
    from ocultas as renglones
    inner join ocultas as columnas on renglones.tabla = columnas.tabla
    inner join tablas_con_puente on renglones.tabla = tablas_con_puente.tabla

),

celdas_protegidas as (

    select
        celdas.tabla,
        celdas.renglon,
        celdas.columna,
        celdas.valor,
        celdas.oculta or cruces.tabla is not null as oculta
    from pasada_{{ lineas + 1 }} as celdas
    left join cruces
        on
            celdas.tabla = cruces.tabla
            and celdas.renglon = cruces.renglon
            and celdas.columna = cruces.columna

)
{%- endmacro %}

{#
  Protect the lines of a CTE `celdas` (tabla, columna, valor), each with one published margin, its total.
  Emits the CTEs from lineas to linea_protegida (tabla, columna, valor, oculta).
#}
{% macro linea_protegida() -%}
lineas as (

    select
        tabla,
        columna,
        valor,
        {{ es_chica('valor') }} as chica,
        sum(case when {{ es_chica('valor') }} then 1 else 0 end) over (partition by tabla) as chicas,
        row_number() over (
            partition by tabla, {{ es_chica('valor') }}
            order by {{ de_menor_a_mayor('valor') }}, columna
        ) as lugar
    from celdas

),

linea_protegida as (

    select
        tabla,
        columna,
        valor,
        chica or (chicas = 1 and lugar = 1) as oculta
    from lineas

)
{%- endmacro %}
