{#
  The rule of setting aside (rules.md, "Rows"): one kind in one delivery, in more than so many of a hundred of its accepted rows and in at least
  so many rows (variables of dbt_project.yml). The build sets these deliveries aside and starts again without them; what a person let in stays.
#}
with

hallazgos as (select * from {{ ref('hallazgos') }}),

entregas as (

    select * from {{ ref('stg_entregas') }}
    where vigente

),

contados as (

    select
        tipo,
        titulo,
        bloquea,
        export,
        dependencia,
        trimestre,
        version,
        count(distinct coalesce(cast(fila as {{ dbt.type_string() }}), llave)) as filas
    from hallazgos
    group by 1, 2, 3, 4, 5, 6, 7

),

final as (

    select
        contados.tipo,
        contados.titulo,
        contados.export,
        contados.dependencia,
        contados.trimestre,
        contados.version,
        contados.filas,
        entregas.accepted as filas_aceptadas,
        100 * cast(contados.filas as {{ tipo_doble() }}) / nullif(entregas.accepted, 0) as porcentaje,
        contados.bloquea and contados.filas >= {{ var('filas_para_apartar') }}
        and contados.filas * 100 > entregas.accepted * {{ var('por_ciento_para_apartar') }} and not entregas.readmitida as detiene,
        entregas.readmitida
    from contados
    inner join entregas using (export, dependencia, trimestre, version)

)

select * from final
order by tipo, export, dependencia, trimestre
