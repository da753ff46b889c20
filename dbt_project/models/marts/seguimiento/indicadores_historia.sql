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

entregas_nuevas as (

    select * from {{ ref('int_entregas_nuevas_de_release') }}

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

ordenados as (

    select
        *,
        count(*) over (partition by indicador, ejercicio, trimestre) as veces,
        row_number() over (partition by indicador, ejercicio, trimestre order by orden desc) as desde_el_ultimo
    from cambios
    where cambio

),

ultimos as (

    select * from ordenados
    where desde_el_ultimo = 1

),

-- what is delivered for a later quarter cannot change an earlier one
causas as (

    select
        ultimos.indicador,
        ultimos.ejercicio,
        ultimos.trimestre,
        {{ dbt.listagg('entregas_nuevas.entrega', "'; '", 'order by entregas_nuevas.orden') }} as entregas
    from ultimos
    inner join entregas_nuevas
        on
            ultimos.release = entregas_nuevas.release
            and ultimos.indicador = entregas_nuevas.indicador
            and entregas_nuevas.indice <= {{ indice_de_trimestre('ultimos.trimestre') }}
    group by 1, 2, 3

),

explicados as (

    select
        ultimos.*,
        causas.entregas,
        case
            when causas.entregas is not null then 'entregas'
            when ultimos.cambio_de_metodo then 'metodo'
            else 'bitacora'
        end as causa
    from ultimos
    left join causas using (indicador, ejercicio, trimestre)

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
        case
            when explicados.causa = 'entregas' and explicados.cambio_de_metodo
                then {{ dbt.concat(["'Entregas nuevas: '", 'explicados.entregas', "'. También cambió el programa que calcula.'"]) }}
            when explicados.causa = 'entregas' then {{ dbt.concat(["'Entregas nuevas: '", 'explicados.entregas', "'.'"]) }}
            when explicados.causa = 'metodo'
                then 'Cambió el método de cálculo; ninguna entrega que pueda cambiar este valor es nueva.'
            when explicados.causa = 'bitacora'
                then 'Cambió la bitácora de publicación de este portal; ninguna entrega que pueda cambiar este valor es nueva.'
        end as explicacion,
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
