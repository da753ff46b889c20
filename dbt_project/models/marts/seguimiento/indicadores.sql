with

fichas as (

    select * from {{ ref('int_fichas') }}

),

ods as (

    select
        compromiso,
        {{ dbt.listagg('ods', "'; '", 'order by orden') }} as ods
    from {{ ref('matriz_ods') }}
    where alineacion = 'principal'
    group by 1

),

final as (

    select
        fichas.indicador,
        fichas.compromiso,
        fichas.nombre_compromiso,
        fichas.orden,
        fichas.nombre,
        fichas.actividad,
        fichas.descripcion,
        fichas.unidad,
        fichas.formula,
        fichas.meta_esperada,
        fichas.medio_verificacion,
        fichas.responsables,
        fichas.seguimiento,
        fichas.fuentes,
        fichas.claves_responsables,
        fichas.claves_exportaciones,
        fichas.numerador as que_cuenta_el_numerador,
        fichas.denominador as que_cuenta_el_denominador,
        fichas.decisiones,
        fichas.problematicas,
        ods.ods
    from fichas
    inner join ods on fichas.compromiso = ods.compromiso

)

select * from final
order by indicador
