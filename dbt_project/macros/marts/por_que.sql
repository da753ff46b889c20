{#
  Why a target stands as it does, in words: how many are missing, by how many days it came late (columns of int_indicadores_evaluados,
  the counting words of the matrix: cuenta_uno, cuenta_varios, producto, que_cuenta_el_denominador).
#}

{# The smallest numerator that meets the target, in whole numbers (rules.md: `100 * numerador op meta * denominador`). #}
{% macro se_piden(denominador, operador, meta) -%}
    case {{ operador }}
        when '>' then {{ entero_entre(meta ~ ' * ' ~ denominador, 100) }} + 1
        else {{ entero_entre('(' ~ meta ~ ' * ' ~ denominador ~ ' + 99)', 100) }}
    end
{%- endmacro %}

{# How many are missing to meet the target; none is never less than 0, and empty where there is nothing to divide by. #}
{% macro cuantos_faltan(numerador, denominador, operador, meta) -%}
    case
        when {{ denominador }} > 0
            then cast({{ mayor_de('0', '(' ~ se_piden(denominador, operador, meta) ~ ') - ' ~ numerador) }} as bigint)
    end
{%- endmacro %}

{# 3 de 12 sesiones; where the target is not all of them, also what it is a part of: 10 de 48 acuerdos atendidos (al menos 80 % de 60). #}
{% macro de_los_que_se_piden(cuantos, se_piden, denominador, meta_texto) -%}
    {{ dbt.concat([
        en_texto(cuantos), "' de '", en_texto(se_piden), "' '",
        "case when " ~ se_piden ~ " = 1 then cuenta_uno else cuenta_varios end",
        "case when " ~ se_piden ~ " = " ~ denominador ~ " then '' else " ~ dbt.concat(["' ('", meta_texto, "' de '", en_texto(denominador), "')'"]) ~ " end",
    ]) }}
{%- endmacro %}

{#
  The sentence, from a relation that also has faltaban and se_pedian (on the day of the verdict), faltan and se_piden (at the cut-off),
  meta_texto, alcanzada_el (the day on which the target was reached, where the rows tell it) and pendiente (what its document lacks).
#}
{% macro por_que_de_meta() -%}
    case
        when estado = 'no_iniciada' then {{ dbt.concat(["'Empieza el '", fecha_en_palabras('inicio')]) }}
        when estado = 'sin_datos' and unidad = 'cualitativo' then {{ dbt.concat(["'La dependencia responsable no ha entregado '", 'fuentes']) }}
        when estado = 'sin_datos' then {{ dbt.concat(["'Nada que contar: no hay '", 'que_cuenta_el_denominador']) }}
        when estado in ('cumplida', 'en_meta') and unidad = 'cualitativo'
            then {{ dbt.concat(["'Está '", 'producto']) }}
        when estado in ('cumplida', 'en_meta')
            then {{ dbt.concat([
                "case estado when 'cumplida' then 'Se cumplió: ' else 'Ya se llega a la meta: ' end",
                _lo_que_se_hizo(),
            ]) }}
        when estado = 'cumplida_con_retraso'
            then {{ dbt.concat([
                "case when dias_tarde = 1 then 'Llegó 1 día tarde'"
                ~ " when dias_tarde > 1 then " ~ dbt.concat(["'Llegó '", en_texto('dias_tarde'), "' días tarde'"])
                ~ " when dias_tarde = 0 then 'Se hizo a tiempo, pero se informó después del vencimiento'"
                ~ " else 'Se alcanzó después del vencimiento' end",
                "case when unidad = 'cualitativo' or coalesce(faltaban, 0) = 0 then '' else " ~ dbt.concat([
                    "case when faltaban = 1 then ': al vencer faltaba ' else ': al vencer faltaban ' end",
                    de_los_que_se_piden('faltaban', 'se_pedian', 'denominador_juzgado', 'meta_texto'),
                ]) ~ " end",
            ]) }}
        when unidad = 'cualitativo'
            then {{ dbt.concat(["'Falta '", 'producto', "case when pendiente is null then '' else " ~ dbt.concat(["': '", 'pendiente']) ~ " end"]) }}
        when estado = 'incumplida' and faltaban is null
            then {{ dbt.concat([
                "'Al vencer no había '", 'que_cuenta_el_denominador',
                "case when coalesce(faltan, 0) = 0 then '' else " ~ _hoy_faltan() ~ " end",
            ]) }}
        when estado = 'incumplida' and (faltan is null or numerador <> numerador_juzgado or denominador <> denominador_juzgado)
            then {{ dbt.concat([
                "case when faltaban = 1 then 'Al vencer faltaba ' else 'Al vencer faltaban ' end",
                de_los_que_se_piden('faltaban', 'se_pedian', 'denominador_juzgado', 'meta_texto'),
                "case when coalesce(faltan, 0) = 0 then '' else " ~ _hoy_faltan() ~ " end",
            ]) }}
        else {{ dbt.concat([
            "case when faltan = 1 then 'Falta ' else 'Faltan ' end",
            de_los_que_se_piden('faltan', 'se_piden', 'denominador', 'meta_texto'),
        ]) }}
    end
{%- endmacro %}

{# 12 de 12 sesiones; 50 acuerdos atendidos y bastaban 48 (al menos 80 % de 60). #}
{% macro _lo_que_se_hizo() -%}
    case
        when se_pedian = denominador_juzgado
            then {{ de_los_que_se_piden('numerador_juzgado', 'se_pedian', 'denominador_juzgado', 'meta_texto') }}
        else {{ dbt.concat([
            en_texto('numerador_juzgado'), "case when numerador_juzgado = 1 then ' ' || cuenta_uno else ' ' || cuenta_varios end",
            "' y bastaban '", en_texto('se_pedian'), "' ('", 'meta_texto', "' de '", en_texto('denominador_juzgado'), "')'",
        ]) }}
    end
{%- endmacro %}

{% macro _hoy_faltan() -%}
    {{ dbt.concat([
        "case when faltan = 1 then '; hoy falta ' else '; hoy faltan ' end", en_texto('faltan'), "' de '", en_texto('se_piden'),
    ]) }}
{%- endmacro %}
