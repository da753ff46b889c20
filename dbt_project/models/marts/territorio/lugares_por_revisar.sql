with

lugares as (

    select * from {{ ref('stg_lugares') }}

),

colonias as (

    select * from {{ ref('int_colonias_vigente') }}

),

por_trimestre as (

    select
        export,
        entrega_dependencia as dependencia,
        coalesce(nombre_entregado, '(vacío)') as nombre_entregado,
        metodo,
        coalesce(colonia_id, -1) as colonia_id,
        entrega_trimestre,
        max(certeza) as certeza,
        count(*) as renglones,
        min(fila) as primera_fila
    from lugares
    where metodo in ('similitud', 'dudoso', 'sin_coincidencia', 'fuera_del_municipio')
    group by 1, 2, 3, 4, 5, 6

),

ordenados as (

    select
        *,
        row_number() over (
            partition by export, dependencia, nombre_entregado, metodo, colonia_id
            order by entrega_trimestre
        ) as orden
    from por_trimestre

),

nombres as (

    select
        ordenados.export,
        ordenados.dependencia,
        ordenados.nombre_entregado,
        ordenados.metodo,
        ordenados.colonia_id,
        colonias.nombre as colonia,
        max(ordenados.certeza) as certeza,
        cast(sum(ordenados.renglones) as bigint) as renglones,
        min(ordenados.entrega_trimestre) as primer_trimestre,
        max(case when ordenados.orden = 1 then ordenados.primera_fila end) as primera_fila
    from ordenados
    left join colonias on ordenados.colonia_id = colonias.colonia_id
    group by 1, 2, 3, 4, 5, 6

)

select * from nombres
order by export, dependencia, nombre_entregado, metodo, colonia_id
