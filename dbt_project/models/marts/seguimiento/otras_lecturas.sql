with

evaluadas as (

    select * from {{ ref('int_lecturas_evaluadas') }}

),

lecturas as (

    select * from {{ ref('matriz_lecturas') }}

),

indicadores as (

    select * from {{ ref('matriz_indicadores') }}

),

final as (

    select
        evaluadas.indicador,
        evaluadas.lectura,
        evaluadas.ejercicio,
        evaluadas.trimestre,
        evaluadas.fecha_corte,
        lecturas.orden,
        lecturas.texto as descripcion,
        lecturas.por_que,
        lecturas.seccion,
        evaluadas.inicio,
        evaluadas.vence,
        evaluadas.operador,
        evaluadas.meta,
        {{ texto_de_meta('evaluadas.operador', 'evaluadas.meta', 'indicadores.unidad') }} as meta_texto,
        evaluadas.numerador,
        evaluadas.denominador,
        evaluadas.valor,
        evaluadas.valor_al_vencimiento,
        evaluadas.juzgado_el,
        evaluadas.numerador_juzgado,
        evaluadas.denominador_juzgado,
        evaluadas.valor_juzgado,
        {{ texto_de_valor('evaluadas.valor_juzgado', 'indicadores.unidad') }} as valor_juzgado_texto,
        evaluadas.estado,
        {{ texto_de_estado('evaluadas.estado') }} as estado_texto,
        evaluadas.estado_elegido,
        {{ texto_de_estado('evaluadas.estado_elegido') }} as estado_elegido_texto,
        evaluadas.difiere
    from evaluadas
    inner join lecturas on evaluadas.indicador = lecturas.indicador and evaluadas.lectura = lecturas.lectura
    inner join indicadores on evaluadas.indicador = indicadores.indicador

)

select * from final
order by indicador, ejercicio, trimestre, lectura
