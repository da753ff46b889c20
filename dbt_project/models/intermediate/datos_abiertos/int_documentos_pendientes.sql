-- What the documents of a target still lack at the cut-off, in words: of several the one that lacks least. Finished ones are not here.
with

metas as (

    select
        metas.indicador,
        metas.ejercicio
    from {{ ref('matriz_metas') }} as metas
    inner join {{ ref('matriz_indicadores') }} as indicadores
        on metas.indicador = indicadores.indicador
    where indicadores.regla = 'producto_aprobado_y_publicado'

),

documentos as (

    select * from {{ ref('int_documentos_terminados') }}

),

validadores as (

    select * from {{ ref('matriz_validadores') }}

),

faltan_organos as (

    select
        documentos.entrega_dependencia,
        documentos.documento_id,
        count(*) as cuantos,
        {{ dbt.listagg('validadores.nombre', "', '", 'order by validadores.orden') }} as organos
    from documentos
    inner join validadores
        on
            documentos.indicador = validadores.indicador
            and not coalesce({{ lista_contiene('documentos.organos_validadores', 'validadores.organo') }}, false)
    group by 1, 2

),

por_documento as (

    select
        documentos.indicador,
        cast(documentos.ejercicio as integer) as ejercicio,
        documentos.entrega_dependencia,
        documentos.documento_id,
        documentos.terminado_el,
        case when documentos.validado_el is null then 1 else 0 end as sin_validar,
        case when documentos.publicado_el is null then 1 else 0 end as sin_publicar,
        coalesce(faltan_organos.cuantos, 0) as organos_que_faltan,
        faltan_organos.organos
    from documentos
    left join faltan_organos using (entrega_dependencia, documento_id)

),

ordenados as (

    select
        *,
        max(case when terminado_el is not null then 1 else 0 end) over (partition by indicador, ejercicio) as hay_terminado,
        row_number() over (
            partition by indicador, ejercicio
            order by sin_validar + sin_publicar + organos_que_faltan, entrega_dependencia, documento_id
        ) as lugar
    from por_documento

),

pendientes as (

    select
        metas.indicador,
        metas.ejercicio,
        case
            when ordenados.documento_id is null then 'no se ha entregado ninguno'
            when ordenados.sin_validar = 1 and ordenados.sin_publicar = 1 then 'falta validarlo y publicarlo'
            when ordenados.sin_validar = 1 then 'falta la fecha en que se validó'
            when ordenados.organos_que_faltan > 0 and ordenados.sin_publicar = 1
                then {{ dbt.concat(["'falta publicarlo y que lo valide: '", 'ordenados.organos']) }}
            when ordenados.organos_que_faltan > 0 then {{ dbt.concat(["'falta que lo valide: '", 'ordenados.organos']) }}
            when ordenados.sin_publicar = 1 then 'falta publicarlo'
            else 'lo entregó una dependencia que no es la responsable'
        end as pendiente
    from metas
    left join ordenados
        on
            metas.indicador = ordenados.indicador
            and metas.ejercicio = ordenados.ejercicio
            and ordenados.lugar = 1
    where coalesce(ordenados.hay_terminado, 0) = 0

)

select * from pendientes
