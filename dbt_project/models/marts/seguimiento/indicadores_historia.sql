{%- set juzgado_primero = valor_juzgado_de('primeros.estado', 'primeros.valor_al_vencimiento', 'primeros.valor') -%}
{%- set juzgado_hoy = valor_juzgado_de('actuales.estado', 'actuales.valor_al_vencimiento', 'actuales.valor') -%}
{%- set juzgado_antes = valor_juzgado_de(
    'explicados.estado_anterior', 'explicados.valor_al_vencimiento_anterior', 'explicados.valor_anterior'
) -%}
{%- set juzgado_ahora = valor_juzgado_de('explicados.estado', 'explicados.valor_al_vencimiento', 'explicados.valor') -%}
with

cambios as (

    select * from {{ ref('int_cambios_de_valores') }}

),

explicados as (

    select * from {{ ref('int_ultimos_cambios') }}

),

dictamenes as (

    select * from {{ ref('int_dictamenes') }}

),

fichas as (

    select * from {{ ref('int_fichas') }}

),

primeros as (

    select * from cambios
    where paso = 1

),

actuales as (

    select * from cambios
    where paso_desde_el_final = 1

),

final as (

    select
        actuales.indicador,
        actuales.ejercicio,
        actuales.trimestre,
        primeros.release as primera_publicacion,
        primeros.valor as primer_valor,
        {{ juzgado_primero }} as primer_valor_juzgado,
        primeros.estado as primer_estado,
        actuales.valor as valor_actual,
        {{ juzgado_hoy }} as valor_juzgado_actual,
        actuales.estado as estado_actual,
        coalesce(dictamenes.dictamen, 'sin_revisar') as dictamen,
        {{ texto_de_dictamen('dictamenes.dictamen') }} as dictamen_texto,
        dictamenes.dictamen_trimestre,
        cast(coalesce(explicados.veces, 0) as bigint) as veces_que_cambio,
        explicados.release as publicacion_ultimo_cambio,
        explicados.valor_anterior,
        explicados.valor as valor_nuevo,
        explicados.valor_al_vencimiento_anterior,
        explicados.valor_al_vencimiento as valor_al_vencimiento_nuevo,
        {{ juzgado_antes }} as valor_juzgado_anterior,
        {{ juzgado_ahora }} as valor_juzgado_nuevo,
        explicados.estado_anterior,
        explicados.estado as estado_nuevo,
        explicados.causa,
        explicados.explicacion,
        {{ texto_de_valor(juzgado_primero, 'fichas.unidad') }} as primer_valor_texto,
        {{ texto_de_valor(juzgado_hoy, 'fichas.unidad') }} as valor_actual_texto,
        case
            when explicados.release is null then null
            else {{ texto_de_valor(juzgado_antes, 'fichas.unidad') }}
        end as valor_anterior_texto,
        case
            when explicados.release is null then null
            else {{ texto_de_valor(juzgado_ahora, 'fichas.unidad') }}
        end as valor_nuevo_texto
    from actuales
    inner join fichas using (indicador)
    inner join primeros using (indicador, ejercicio, trimestre)
    left join explicados using (indicador, ejercicio, trimestre)
    left join dictamenes
        on
            actuales.indicador = dictamenes.indicador
            and actuales.ejercicio = dictamenes.ejercicio
            and {{ indice_de_trimestre('actuales.trimestre') }} = dictamenes.indice

)

select * from final
order by indicador, ejercicio, trimestre
