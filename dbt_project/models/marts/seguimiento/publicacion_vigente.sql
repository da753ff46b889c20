{% set inventadas = 'DATOS DE EJEMPLO: estas cifras son inventadas y sólo muestran cómo funciona el tablero; no describen a ' %}
{% set de_ejemplo = inventadas ~ pamga_leon.municipio() ~ '.' %}
with

corrida as (

    select * from {{ ref('stg_corrida') }}

),

ultimo as (

    select
        *,
        fecha_corte < ultimo_dia as en_curso
    from {{ ref('int_trimestres') }}
    where es_ultimo

),

apartadas as (

    select count(*) as cuantas
    from {{ ref('stg_apartadas') }}
    where not corregida

),

final as (

    select
        corrida.release as publicacion,
        ultimo.trimestre,
        ultimo.fecha_corte,
        coalesce(corrida.cierre, '') != '' as es_cierre,
        corrida.ejemplo as son_datos_de_ejemplo,
        case
            when corrida.ejemplo
                then '{{ de_ejemplo }}'
            when coalesce(corrida.cierre, '') != ''
                then 'Cifras de cierre del trimestre, entregadas por las dependencias.'
            when ultimo.en_curso
                then {{ dbt.concat([
                    "'Cifras al '", fecha_en_palabras('ultimo.fecha_corte'), "' de un trimestre que aún no termina: lo que vence después no se juzga todavía.'",
                ]) }}
            else 'Cifras provisionales: las dependencias todavía pueden completar o corregir sus entregas.'
        end
        || case
            when apartadas.cuantas = 0 then ''
            when apartadas.cuantas = 1 then ' Una entrega se apartó por sus errores y no está incluida: véase «Entregas apartadas».'
            else ' Varias entregas se apartaron por sus errores y no están incluidas: véase «Entregas apartadas».'
        end as aviso
    from corrida
    cross join apartadas
    left join ultimo on true

)

select * from final
order by publicacion
