-- A document is finished on the day on which it is both validated, by the bodies that the plan names, and published (rules.md,
-- "Value of an indicator"); only an office responsible for the indicator can finish it.
with

documentos as (

    select * from {{ ref('int_documentos_vigente') }}

),

corte as (

    select * from {{ ref('int_corte') }}

),

responsables as (

    select * from {{ ref('matriz_responsables') }}

),

hasta_el_corte as (

    select
        documentos.*,
        corte.fecha_corte,
        case when documentos.fecha_validacion <= corte.fecha_corte then documentos.fecha_validacion end as validado_el,
        case when documentos.fecha_publicacion <= corte.fecha_corte then documentos.fecha_publicacion end as publicado_el,
        {{ validado_por_quien_debe('documentos') }} as con_validadores,
        responsables.dependencia is not null as de_responsable
    from documentos
    cross join corte
    left join responsables
        on
            documentos.indicador = responsables.indicador
            and documentos.entrega_dependencia = responsables.dependencia

),

terminados as (

    select
        entrega_dependencia,
        documento_id,
        indicador,
        ejercicio,
        titulo,
        organos_validadores,
        url_publicacion,
        fecha_corte,
        validado_el,
        publicado_el,
        case
            when con_validadores and de_responsable and validado_el is not null and publicado_el is not null
                then {{ mayor_de('validado_el', 'publicado_el') }}
        end as terminado_el
    from hasta_el_corte

)

select * from terminados
