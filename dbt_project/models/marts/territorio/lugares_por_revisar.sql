with

lugares as (

    select * from {{ ref('stg_lugares') }}

),

colonias as (

    select * from {{ ref('int_colonias_vigente') }}

),

por_revisar as (

    select
        lugares.export,
        lugares.entrega_dependencia as dependencia,
        coalesce(lugares.nombre_entregado, '(vacío)') as nombre_entregado,
        lugares.metodo,
        coalesce(lugares.colonia_id, -1) as colonia_id,
        lugares.certeza,
        lugares.entrega_trimestre,
        lugares.fila,
        row_number() over (
            partition by
                lugares.export, lugares.entrega_dependencia, lugares.nombre_entregado, lugares.metodo, lugares.colonia_id
            order by lugares.entrega_trimestre, lugares.fila
        ) as orden
    from lugares
    where lugares.metodo in ('similitud', 'dudoso', 'sin_coincidencia', 'fuera_del_municipio')

),

nombres as (

    select
        por_revisar.export,
        por_revisar.dependencia,
        por_revisar.nombre_entregado,
        por_revisar.metodo,
        por_revisar.colonia_id,
        colonias.nombre as colonia,
        max(por_revisar.certeza) as certeza,
        count(*) as renglones,
        max(case when por_revisar.orden = 1 then por_revisar.entrega_trimestre end) as primer_trimestre,
        max(case when por_revisar.orden = 1 then por_revisar.fila end) as primera_fila
    from por_revisar
    left join colonias on por_revisar.colonia_id = colonias.colonia_id
    group by 1, 2, 3, 4, 5, 6

)

select * from nombres
order by export, dependencia, nombre_entregado, metodo, colonia_id
