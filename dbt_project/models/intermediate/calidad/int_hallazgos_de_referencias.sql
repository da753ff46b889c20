{#
  References to keys that do not exist in the state, and whose fault they are (rules.md, "Rows": what can be blamed on a delivery
  holds only that delivery):
  - the key was never there: the delivery that names it (`referencia_inexistente`);
  - a delivery took it away after it had been named, or with the very same receipt for the same office: that delivery
    (`clave_retirada`, one finding per key); the rows that name it only say so (`referencia_a_clave_retirada`). Between two offices
    whose files came the same day nobody knows who was first: both are told and neither is held;
  - it is in a version that is set aside: nobody's fault but that version's (`referencia_a_entrega_apartada`);
  - the other export has not been delivered for the quarter (for layers: ever): the reference waits (a missing delivery never blocks);
  - the missing keys of a delivery are no more than the rows that were quarantined in the other one of the same quarter: they hang
    from those rows, which are already reported where they are (quarantined rows never block by themselves).
#}

with

vigentes as (

    select * from {{ ref('stg_entregas') }}
    where vigente

),

entregas as (

    select
        export,
        indice,
        sum(quarantined) as apartadas
    from vigentes
    group by 1, 2

),

retiradas as (select * from {{ ref('int_claves_retiradas') }}),

referencias as (select * from {{ ref('int_referencias_ausentes') }}),

en_apartadas as (

    select distinct
        export,
        clave
    from {{ ref('stg_claves_no_vigentes') }}
    where apartada

),

ausentes as (

    select
        export,
        dependencia,
        trimestre,
        columna,
        count(distinct clave_ausente) as claves
    from referencias
    group by 1, 2, 3, 4

),

juzgadas as (

    select
        referencias.*,
        retiradas.dependencia as retiro_dependencia,
        retiradas.trimestre as retiro_trimestre,
        retiradas.version as retiro_version,
        retiradas.fila as retiro_fila,
        coalesce(
            retiradas.received_on > vigentes.received_on
            or (retiradas.received_on = vigentes.received_on and retiradas.dependencia = referencias.dependencia),
            false
        ) as retirada_despues,
        case
            when en_apartadas.clave is not null then 'referencia_a_entrega_apartada'
            when retiradas.received_on >= vigentes.received_on then 'referencia_a_clave_retirada'
            when not referencias.llego_lo_referido then 'referencia_en_espera'
            when ausentes.claves <= entregas.apartadas then 'referencia_a_fila_apartada'
            else 'referencia_inexistente'
        end as tipo_juzgado
    from referencias
    inner join vigentes using (export, dependencia, trimestre, version)
    inner join ausentes using (export, dependencia, trimestre, columna)
    left join entregas on referencias.referido = entregas.export and referencias.indice = entregas.indice
    left join retiradas on referencias.referido = retiradas.export and referencias.clave_ausente = retiradas.clave
    left join en_apartadas on referencias.referido = en_apartadas.export and referencias.clave_ausente = en_apartadas.clave

),

de_quien_las_nombra as (

    select
        tipo_juzgado as tipo,
        export,
        dependencia,
        trimestre,
        version,
        fila,
        llave,
        columna,
        detalle
    from juzgadas

),

de_quien_las_retira as (

    select
        'clave_retirada' as tipo,
        referido as export,
        retiro_dependencia as dependencia,
        retiro_trimestre as trimestre,
        retiro_version as version,
        retiro_fila as fila,
        clave_ausente as llave,
        columna_referida as columna,
        {{ dbt.concat([
            "'ya no está y '", "cast(count(*) as " ~ dbt.type_string() ~ ")", "' filas de otros archivos la nombran'"
        ]) }} as detalle
    from juzgadas
    where tipo_juzgado = 'referencia_a_clave_retirada' and retirada_despues
    group by 1, 2, 3, 4, 5, 6, 7, 8

),

final as (

    select * from de_quien_las_nombra
    union all
    select * from de_quien_las_retira

)

select * from final
