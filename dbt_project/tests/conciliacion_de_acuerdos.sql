-- The marts of agreements say the same of the last quarter: by agreement, by office, by colonia and by week; that the offices' sums are
-- The indicator is another test's (medios_de_verificacion_suman_el_indicador). A row is a mart that differs.
with

seguimiento as (

    select
        count(*) as acuerdos,
        count(case when situacion = 'vencido' then 1 end) as vencidos,
        count(case when fecha_finalizacion is null then 1 end) as abiertos
    from {{ ref('acuerdos_seguimiento') }}

),

ultimo as (

    -- nothing to compare once deliveries go on after the plan's last quarter
    select trimestres.*
    from {{ ref('int_trimestres') }} as trimestres
    inner join {{ ref('int_corte') }} as corte on trimestres.indice = corte.indice

),

sumas as (

    {% for mart in ['acuerdos_por_dependencia', 'acuerdos_por_colonia'] %}
        select
            '{{ mart }}' as mart,
            sum(cifras.acuerdos) as acuerdos,
            sum(cifras.vencidos) as vencidos,
            sum(cifras.en_plazo + cifras.vencidos) as abiertos
        from {{ ref(mart) }} as cifras
        inner join ultimo on cifras.trimestre = ultimo.trimestre
        union all
    {% endfor %}
    select
        'acuerdos_rezago_semanal' as mart,
        null as acuerdos,
        sum(cifras.vencidos) as vencidos,
        sum(cifras.abiertos) as abiertos
    from {{ ref('acuerdos_rezago_semanal') }} as cifras
    inner join ultimo on cifras.fin_semana = ultimo.fecha_corte

)

select
    sumas.mart,
    sumas.acuerdos - seguimiento.acuerdos as acuerdos,
    sumas.vencidos - seguimiento.vencidos as vencidos,
    sumas.abiertos - seguimiento.abiertos as abiertos
from sumas
cross join seguimiento
where
    sumas.acuerdos != seguimiento.acuerdos
    or sumas.vencidos != seguimiento.vencidos
    or sumas.abiertos != seguimiento.abiertos
