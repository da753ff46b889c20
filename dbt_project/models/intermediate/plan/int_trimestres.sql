with

entregas as (

    select * from {{ ref('stg_entregas') }}

),

exportaciones as (

    select distinct export from {{ ref('matriz_exportaciones') }}

),

ultimo as (

    select max(entregas.indice) as indice
    from entregas
    inner join exportaciones on entregas.export = exportaciones.export
    where entregas.vigente

),

-- the plan runs from 2025T1 to 2027T4
numerados as (

    {{ dbt.generate_series(12) }}

),

trimestres as (

    select
        cast(2025 * 4 + numerados.generated_number - 1 as integer) as indice,
        cast({{ dbt.dateadd('month', '3 * (numerados.generated_number - 1)', inicio_del_plan()) }} as date) as primer_dia,
        cast({{ dbt.dateadd('month', '3 * numerados.generated_number', inicio_del_plan()) }} as date) as siguiente
    from numerados

),

del_plan as (

    select
        {{ trimestre_de_indice('trimestres.indice') }} as trimestre,
        trimestres.indice,
        trimestres.primer_dia,
        cast({{ dbt.dateadd('day', -1, 'trimestres.siguiente') }} as date) as fecha_corte,
        trimestres.indice = ultimo.indice or (trimestres.indice = 2027 * 4 + 3 and ultimo.indice > trimestres.indice) as es_ultimo
    from trimestres
    inner join ultimo on trimestres.indice <= ultimo.indice

)

select * from del_plan
