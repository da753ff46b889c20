{#
  Distinct people at each point, however many of their rows count. Every point of a target has a bit; at which points a fact counts follows
  from its interval and its days, of which there are few, and a person's mask is the union of those of their facts: one pass over the rows.
  Emits the CTE personas_en_puntos.
#}
{% macro ctes_de_personas(reglas) -%}
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
