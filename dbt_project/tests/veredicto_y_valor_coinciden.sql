-- A verdict and the value that stands beside it agree in every row: met shows a value that meets, missed one that does not (nor does
-- today's), met late one that does not while today's does. A row is a verdict that its value belies.
with

juzgados as (

    {% for mart in ['indicadores_trimestre', 'otras_lecturas'] %}
        select
            indicador,
            ejercicio,
            trimestre,
            estado,
            juzgado_el,
            fecha_corte,
            vence,
            {{ cumple_meta('numerador_juzgado', 'denominador_juzgado', 'operador', 'meta') }} as cumple_lo_juzgado,
            {{ cumple_meta('numerador', 'denominador', 'operador', 'meta') }} as cumple_hoy
        from {{ ref(mart) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select * from juzgados
where not case estado
    when 'cumplida' then cumple_lo_juzgado and juzgado_el = vence
    when 'en_meta' then cumple_lo_juzgado and juzgado_el = fecha_corte
    when 'cumplida_con_retraso' then cumple_hoy and not cumple_lo_juzgado and juzgado_el = vence
    else not cumple_lo_juzgado and not cumple_hoy
end
