{#
  What each kind of rule makes of the rows (rules.md, "Value of an indicator"; the parameters stand in plan/indicadores.yaml, `calculo`).

  A *hecho* is a version of a row that may count for a target: in the state of the quarters [vigente_desde, vigente_hasta) it counts
  in the denominator from fecha_denominador on and in the numerator from fecha_numerador on (null: never), through fecha_hasta where
  the rule has an end (null: no end). `grupo` is what it is counted with where groups are counted, `llave` the key of its row (of people
  the pseudonym), the last columns say which delivered row it is.
#}

{# First day of the plan. Rows of earlier days count at every point; no point lies before it. #}
{% macro inicio_del_plan() -%} cast('{{ pamga_leon.plan().inicio }}' as date) {%- endmacro %}

{# The rules of the readings that are followed, or of the others; in a unit test those that it names. #}
{% macro reglas_que_se_cuentan(otras_lecturas) %}
    {%- set elegidas = [] %}
    {%- for regla in pamga_leon.reglas() if (regla.lectura != '') == otras_lecturas %}
        {%- if var('reglas_en_prueba', none) is none or (regla.indicador ~ ' ' ~ regla.lectura) | trim in var('reglas_en_prueba') %}
            {%- do elegidas.append(regla) %}
        {%- endif %}
    {%- endfor %}
    {{ return(elegidas) }}
{% endmacro %}

{# Rules whose rows may be shown one by one: of an export that the matrix names under `se_muestran` and whose rows are no people. #}
{% macro reglas_que_se_muestran() %}
    {%- set anonimas = pamga_leon.exportaciones() | selectattr('llave', 'equalto', 'null') | map(attribute='export') | list %}
    {%- set visibles = [] %}
    {%- for regla in reglas_que_se_cuentan(false) if regla.export in pamga_leon.se_muestran() and regla.export not in anonimas %}
        {%- do visibles.append(regla) if regla.se_cuentan != 'personas' %}
    {%- endfor %}
    {{ return(visibles) }}
{% endmacro %}

{# What some columns say, one after the other; an empty one is left out. #}
{% macro rotulo_de(columnas) -%}
    {%- set partes = [] -%}
    {%- for columna in columnas -%}
        {%- set texto = 'cast(' ~ columna ~ ' as ' ~ dbt.type_string() ~ ')' -%}
        {%- do partes.append("coalesce(" ~ (texto if loop.first else dbt.concat(["' · '", texto])) ~ ", '')") -%}
    {%- endfor -%}
    {{ dbt.concat(partes) if partes | length > 1 else partes[0] }}
{%- endmacro %}

{# Rules whose facts a model of its own gives. #}
{% macro reglas_de_modelo(nombre) %}
    {{ return(pamga_leon.reglas() | selectattr('modelo', 'defined') | selectattr('modelo', 'equalto', nombre) | list) }}
{% endmacro %}

{# Facts of some rules, as one query. #}
{% macro hechos_de(reglas) -%}
    {% for regla in reglas -%}
    {% if not loop.first %}union all{% endif %}
    {% if 'modelo' in regla -%}
    select * from {{ ref(regla.modelo) }}
    where {{ es_de([regla]) }}
    {%- elif regla.regla == 'hecho_de_planeado' -%}
    {{ _de_planeado(regla) }}
    {%- elif regla.regla == 'proporcion_de_registros' -%}
    {{ _de_registros(regla) }}
    {%- elif regla.regla == 'razon_entre_anios' -%}
    {{ _entre_anios(regla) }}
    {%- elif regla.regla == 'personas_distintas' -%}
    {{ _de_personas(regla) }}
    {%- elif regla.regla == 'producto_aprobado_y_publicado' -%}
    {{ _de_documentos(regla) }}
    {%- elif regla.regla == 'ambos_presentes' -%}
    {{ _de_categorias(regla) }}
    {%- endif %}
    {% endfor %}
{%- endmacro %}

{# Whether a row of facts or points is of some rules. #}
{% macro es_de(reglas, tabla=none) -%}
    {%- set de = tabla ~ '.' if tabla else '' -%}
    {%- set seguidas = reglas | selectattr('lectura', 'equalto', '') | map(attribute='indicador') | list -%}
    (
        {%- if not reglas %}false{% endif %}
        {%- if seguidas %}({{ de }}lectura = '' and {{ de }}indicador in ('{{ seguidas | join("', '") }}')){% endif %}
        {%- for regla in reglas | rejectattr('lectura', 'equalto', '') %}
        {% if seguidas or not loop.first %}or {% endif %}({{ de }}lectura = '{{ regla.lectura }}' and {{ de }}indicador = '{{ regla.indicador }}')
        {%- endfor %}
    )
{%- endmacro %}

{#
  Done of planned: of the rows planned in the window of a target, those done by the day. fecha_programada never counts as empty, whatever
  the day. `ventana`: `anio` planned in the target's year, `anio_hasta_vence` up to its due day too, `inicio_a_vence` in the time that the
  plan measures, `hasta_vence` up to the due day, `siempre` all rows.
#}
{% macro _de_planeado(regla) -%}
    {{ _columnas(regla, 'metas.ejercicio', inicio_del_plan(), 'filas.cuenta_desde') }}
    from ({{ _filas(regla, _si(regla, ultima_de(regla.hecha))) }}) as filas
    inner join ({{ _metas(regla) }}) as metas on {{ _ventana(regla.ventana or 'anio', 'filas.' ~ (regla.programada or '')) }}
{%- endmacro %}

{#
  Share of rows: rows of a year by the day, and of those the ones that meet a condition, or were done, by the day. The year is that of
  `fecha`, from which (or from `desde`) a row counts; or the column `ejercicio` says it; or the row counts for every target.
#}
{% macro _de_registros(regla) -%}
    {%- set hecha = ultima_de(regla.hecha) if regla.hecha else inicio_del_plan() -%}
    {%- if regla.fecha -%}
    {%- set desde = regla.desde or regla.fecha -%}
    {%- set hecha = _si(regla, cuando_ambas('cuenta_abajo', hecha) if regla.hecha else 'cuenta_abajo') -%}
    {{ _columnas(regla, 'filas.anio', 'filas.cuenta_abajo', 'filas.cuenta_desde') }}
    from (
        select
            *,
            {{ hecha }} as cuenta_desde
        from (
            select
                *,
                cast(extract(year from {{ regla.fecha }}) as integer) as anio,
                {{ desde }} as cuenta_abajo
            from {{ ref(regla.filas) }} as filas
            {{ _solo(regla) }}
        ) as fechadas
    ) as filas
    {%- elif regla.ejercicio -%}
    {{ _columnas(regla, 'cast(filas.' ~ regla.ejercicio ~ ' as integer)', inicio_del_plan(), 'filas.cuenta_desde') }}
    from ({{ _filas(regla, _si(regla, hecha)) }}) as filas
    {%- else -%}
    {{ _columnas(regla, 'metas.ejercicio', inicio_del_plan(), 'filas.cuenta_desde') }}
    from ({{ _filas(regla, _si(regla, hecha)) }}) as filas
    cross join ({{ _metas(regla) }}) as metas
    {%- endif %}
{%- endmacro %}

{# Ratio of years: a row counts above in its year and below in the next one. `corrimiento`: years by which last year's is held back. #}
{% macro _entre_anios(regla) -%}
    {{ _columnas(
        regla, 'filas.anio + papeles.anios',
        'case when papeles.anios = 1 then ' ~ mas_anios('filas.cuenta_desde', regla.corrimiento or 0) ~ ' end',
        'case when papeles.anios = 0 then filas.cuenta_desde end',
    ) }}
    from (
        select
            *,
            cast(extract(year from {{ regla.fecha }}) as integer) as anio,
            {{ regla.fecha }} as cuenta_desde
        from {{ ref(regla.filas) }} as filas
        {{ _solo(regla) }}
    ) as filas
    cross join (select 0 as anios union all select 1 as anios) as papeles
{%- endmacro %}

{# People: rows dated in the window of a target, and of those the ones that meet a condition. #}
{% macro _de_personas(regla) -%}
    {{ _columnas(regla, 'metas.ejercicio', 'filas.' ~ regla.fecha, 'filas.cuenta_desde') }}
    from ({{ _filas(regla, _si(regla, regla.fecha)) }}) as filas
    inner join ({{ _metas(regla) }}) as metas on {{ _ventana(regla.ventana, 'filas.' ~ regla.fecha) }}
{%- endmacro %}

{#
  Product approved and published: a document of the indicator and year, delivered by one of its responsible offices, with all of `fechas`.
  Where the plan says who validates (matriz_validadores) all of them must be among those that approved this very document.
#}
{% macro _de_documentos(regla) -%}
    {{ _columnas(regla, 'cast(filas.ejercicio as integer)', 'cast(null as date)', 'filas.cuenta_desde', "'documento'") }}
    from (
        select
            *,
            {% if not regla.cualquiera_valida -%}
            case when {{ validado_por_quien_debe('filas') }} then {{ ultima_de(regla.fechas) }} end as cuenta_desde
            {%- else -%}
            {{ ultima_de(regla.fechas) }} as cuenta_desde
            {%- endif %}
        from {{ ref(regla.filas) }} as filas
        where filas.indicador = '{{ regla.indicador }}'
    ) as filas
    inner join {{ ref('matriz_responsables') }} as responsables
        on
            filas.indicador = responsables.indicador
            and filas.entrega_dependencia = responsables.dependencia
{%- endmacro %}

{# Both present: the year's rows of each of the categories that must be there. #}
{% macro _de_categorias(regla) -%}
    {%- do regla.update({'solo': regla.solo + [regla.categoria ~ " in ('" ~ regla.presentes | join("', '") ~ "')"]}) -%}
    {{ _columnas(regla, 'cast(filas.ejercicio as integer)', 'cast(null as date)', 'filas.cuenta_desde') }}
    from ({{ _filas(regla, _si(regla, regla.fecha)) }}) as filas
{%- endmacro %}

{# ---- parts #}

{% macro _columnas(regla, ejercicio, denominador, numerador, grupo=none) -%}
    select
        '{{ regla.indicador }}' as indicador,
        '{{ regla.lectura }}' as lectura,
        {{ ejercicio }} as ejercicio,
        filas.vigente_desde,
        filas.vigente_hasta,
        {{ denominador }} as fecha_denominador,
        {{ numerador }} as fecha_numerador,
        cast(null as date) as fecha_hasta,
        cast({{ grupo or ('filas.' ~ regla.grupo if regla.grupo else 'null') }} as {{ dbt.type_string() }}) as grupo,
        {{ procedencia(regla.llave, 'filas') }}
{%- endmacro %}

{# The columns that say which delivered row a hecho is. #}
{% macro procedencia(llave, filas) -%}
    {%- set partes = [] -%}
    {%- for columna in llave -%}
        {%- if not loop.first %}{% do partes.append("' · '") %}{% endif -%}
        {%- do partes.append('cast(' ~ filas ~ '.' ~ columna ~ ' as ' ~ dbt.type_string() ~ ')') -%}
    {%- endfor -%}
    {{ dbt.concat(partes) if partes | length > 1 else partes[0] }} as llave,
        {{ filas }}.entrega_dependencia,
        {{ filas }}.entrega_trimestre,
        {{ filas }}.entrega_version,
        {{ filas }}.fila
{%- endmacro %}

{% macro _filas(regla, cuenta_desde) -%}
        select
            *,
            {{ cuenta_desde }} as cuenta_desde
        from {{ ref(regla.filas) }} as filas
        {{ _solo(regla) }}
{%- endmacro %}

{% macro _solo(regla) -%}
    {% if regla.solo %}where ({{ regla.solo | join(') and (') }}){% endif %}
{%- endmacro %}

{% macro _si(regla, fecha) -%}
    {% if regla.arriba %}case when {{ regla.arriba }} then {{ fecha }} end{% else %}{{ fecha }}{% endif %}
{%- endmacro %}

{# Start and due day of the targets of a rule. #}
{% macro _metas(regla) -%}
        select
            ejercicio,
            inicio,
            vence
        from {{ ref('matriz_lecturas_metas' if regla.lectura else 'matriz_metas') }}
        where indicador = '{{ regla.indicador }}'{% if regla.lectura %} and lectura = '{{ regla.lectura }}'{% endif %}
{%- endmacro %}

{% macro _ventana(ventana, fecha) -%}
    {%- set en_el_anio = 'extract(year from ' ~ fecha ~ ') = metas.ejercicio' -%}
    {{ {
        'anio': en_el_anio,
        'anio_hasta_vence': en_el_anio ~ ' and ' ~ fecha ~ ' <= metas.vence',
        'inicio_a_vence': fecha ~ ' between metas.inicio and metas.vence',
        'hasta_vence': fecha ~ ' <= metas.vence',
        'siempre': 'true',
    }[ventana] }}
{%- endmacro %}

{# The latest of one or two days, null when one is null: a thing is done when all parts of it are. #}
{% macro ultima_de(fechas) -%}
    {%- if fechas is string -%} {{ fechas }}
    {%- elif fechas | length == 1 -%} {{ fechas[0] }}
    {%- else -%} {{ cuando_ambas(fechas[0], ultima_de(fechas[1:])) }}
    {%- endif -%}
{%- endmacro %}

{% macro cuando_ambas(una, otra) -%}
    case when {{ una }} >= {{ otra }} then {{ una }} when {{ otra }} > {{ una }} then {{ otra }} end
{%- endmacro %}

{# A day so many years later, 29 February clipped to the month's end; the day itself for 0. #}
{% macro mas_anios(fecha, anios) -%}
    {% if anios %}cast({{ dbt.dateadd('year', anios, fecha) }} as date){% else %}{{ fecha }}{% endif %}
{%- endmacro %}

{# Whether the bodies that must validate a document (matriz_validadores) are all among those that did. #}
{% macro validado_por_quien_debe(documentos) -%}
    not exists (
        select 1 from {{ ref('matriz_validadores') }} as validadores
        where
            validadores.indicador = {{ documentos }}.indicador
            and not coalesce({{ lista_contiene(documentos ~ '.organos_validadores', 'validadores.organo') }}, false)
    )
{%- endmacro %}
