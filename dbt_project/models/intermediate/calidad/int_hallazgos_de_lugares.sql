{#
  Located rows outside the municipality, by its boundary. When most of the offices that deliver coordinates (at least two, each with at
  least five rows) have most of them outside, it is the boundary that is wrong: the fault is that layer's, and the rows only say so.
  One office alone can never bring the boundary down, nor the boundary alone an office.
#}
with

lugares as (

    select * from {{ ref('stg_lugares') }}
    where metodo in ('fuera_del_municipio', 'coordenadas')

),

por_oficina as (

    select
        entrega_dependencia,
        count(*) as filas,
        count(case when metodo = 'fuera_del_municipio' then 1 end) as fuera
    from lugares
    group by 1

),

oficinas as (

    select
        count(*) as cuantas,
        count(case when fuera * 2 > filas then 1 end) as con_casi_todo_fuera
    from por_oficina
    where filas >= 5

),

fuera as (

    select
        lugares.*,
        oficinas.con_casi_todo_fuera >= 2 and oficinas.con_casi_todo_fuera * 2 > oficinas.cuantas as falla_el_limite
    from lugares
    cross join oficinas
    where lugares.metodo = 'fuera_del_municipio'

),

limites as (

    select
        dependencia,
        trimestre,
        version,
        row_number() over (order by indice desc, dependencia asc) as orden
    from {{ ref('stg_entregas') }}
    where export = 'municipio' and vigente and accepted > 0

),

de_las_filas as (

    select
        case when falla_el_limite then 'fuera_de_un_limite_dudoso' else 'fuera_del_municipio' end as tipo,
        export,
        entrega_dependencia as dependencia,
        entrega_trimestre as trimestre,
        entrega_version as version,
        fila,
        cast(null as {{ dbt.type_string() }}) as llave,
        'latitud, longitud' as columna,
        'las coordenadas caen fuera del municipio' as detalle
    from fuera

),

del_limite as (

    select
        'limite_municipal_dudoso' as tipo,
        'municipio' as export,
        limites.dependencia,
        limites.trimestre,
        limites.version,
        cast(null as bigint) as fila,
        {{ dbt.concat([
            'fuera.export', "' '", 'fuera.entrega_dependencia', "' '", 'fuera.entrega_trimestre', "' fila '",
            'cast(fuera.fila as ' ~ dbt.type_string() ~ ')'
        ]) }} as llave,
        'geometria' as columna,
        'el límite deja fuera una fila que otra dependencia ubica en {{ pamga_leon.municipio() }}' as detalle
    from fuera
    cross join limites
    where fuera.falla_el_limite and limites.orden = 1

),

final as (

    select * from de_las_filas
    union all
    select * from del_limite

)

select * from final
