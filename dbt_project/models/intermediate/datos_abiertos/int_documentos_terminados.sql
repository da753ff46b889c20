-- A document is finished on the day on which it is both validated, by the bodies that the plan names, and published (rules.md,
-- "Value of an indicator"); only an office responsible for the indicator can finish it.
with

{{ estado_hasta_el_corte('documentos', {'fecha_validacion': 'validado_el', 'fecha_publicacion': 'publicado_el'}) }},

responsables as (

    select * from {{ ref('matriz_responsables') }}

),

con_responsable as (

    select
        hasta_el_corte.*,
        {{ validado_por_quien_debe('hasta_el_corte') }} as con_validadores,
        responsables.dependencia is not null as de_responsable
    from hasta_el_corte
    left join responsables
        on
            hasta_el_corte.indicador = responsables.indicador
            and hasta_el_corte.entrega_dependencia = responsables.dependencia

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
    from con_responsable

)

select * from terminados
