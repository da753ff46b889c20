-- What the map counts, by colonia and hexagon: few rows, whatever the size of the lake.
with

acuerdos as (

    select * from {{ ref('int_acuerdos_con_plazo') }}

),

areas_verdes as (

    select * from {{ ref('int_areas_verdes_vigente') }}

),

corte as (

    select * from {{ ref('int_corte') }}

),

eventos as (

    select * from {{ ref('int_eventos_mbh_vigente') }}

),

proyectos as (

    select * from {{ ref('int_proyectos_pp_vigente') }}

),

talleres as (

    select * from {{ ref('int_talleres_vigente') }}

),

tianguis as (

    select * from {{ ref('int_tianguis_vigente') }}

),

lugares as (

    select * from {{ ref('int_lugares') }}

),

contados as (

    select
        lugares.colonia_id,
        lugares.hexagono,
        'eventos' as cosa,
        count(*) as cuantos,
        cast(null as {{ tipo_decimal() }}) as monto_mxn,
        cast(null as {{ tipo_decimal() }}) as superficie_m2
    from eventos
    inner join corte on eventos.fecha <= corte.fecha_corte
    {{ unir_lugar('eventos', 'eventos_mbh', 'inner') }}
    group by 1, 2
    union all
    select
        colonia_id,
        hexagono,
        situacion as cosa,
        count(*) as cuantos,
        cast(null as {{ tipo_decimal() }}) as monto_mxn,
        cast(null as {{ tipo_decimal() }}) as superficie_m2
    from acuerdos
    group by 1, 2, 3
    union all
    select
        lugares.colonia_id,
        lugares.hexagono,
        'talleres' as cosa,
        count(*) as cuantos,
        cast(null as {{ tipo_decimal() }}) as monto_mxn,
        cast(null as {{ tipo_decimal() }}) as superficie_m2
    from talleres
    inner join corte on talleres.fecha_realizada <= corte.fecha_corte
    {{ unir_lugar('talleres', 'talleres', 'inner') }}
    group by 1, 2
    union all
    select
        lugares.colonia_id,
        lugares.hexagono,
        'proyectos' as cosa,
        count(*) as cuantos,
        cast(sum(proyectos.monto_mxn) as {{ tipo_decimal() }}) as monto_mxn,
        cast(null as {{ tipo_decimal() }}) as superficie_m2
    from proyectos
    {{ unir_lugar('proyectos', 'proyectos_pp', 'inner') }}
    where proyectos.financiado
    group by 1, 2
    union all
    select
        lugares.colonia_id,
        lugares.hexagono,
        'areas_verdes' as cosa,
        count(*) as cuantos,
        cast(null as {{ tipo_decimal() }}) as monto_mxn,
        cast(sum(areas_verdes.superficie_m2) as {{ tipo_decimal() }}) as superficie_m2
    from areas_verdes
    {{ unir_lugar('areas_verdes', 'areas_verdes', 'inner') }}
    group by 1, 2
    union all
    select
        lugares.colonia_id,
        lugares.hexagono,
        'tianguis' as cosa,
        count(*) as cuantos,
        cast(null as {{ tipo_decimal() }}) as monto_mxn,
        cast(null as {{ tipo_decimal() }}) as superficie_m2
    from tianguis
    {{ unir_lugar('tianguis', 'tianguis', 'inner') }}
    group by 1, 2

)

select * from contados
