{# What the plan says of a delivered row and the row does not keep: names of phases, the address of what was published, ages. #}
with

fases as (

    select * from {{ ref('int_fases_proyecto_vigente') }}

),

documentos as (

    select * from {{ ref('int_documentos_vigente') }}

),

integrantes as (

    select * from {{ ref('int_integrantes_cabildo_vigente') }}

),

con_otro_nombre as (

    select
        {{ hallazgo(
            'fase_con_otro_nombre', 'fases_proyecto', dbt.concat(['proyecto', "' · '", 'fase_id']), 'fase',
            dbt.concat(["'se entregó como «'", dicho('fase'), "'»'"])
        ) }}
    from fases
    where
        not exists (
            select 1 from {{ ref('matriz_fases') }} as del_plan
            where del_plan.proyecto = fases.proyecto and {{ plegado('del_plan.fase') }} = {{ plegado('fases.fase') }}
        )

),

sin_direccion as (

    select
        {{ hallazgo(
            'documento_sin_direccion', 'documentos', 'documento_id', 'url_publicacion',
            dbt.concat(['indicador', "': dice que se publicó el '", dicho('fecha_publicacion'), "' y no da la dirección'"])
        ) }}
    from documentos
    where fecha_publicacion is not null and url_publicacion is null

),

fuera_de_edad as (

    select
        {{ hallazgo(
            'edad_fuera_del_cabildo', 'integrantes_cabildo', 'null', 'edad', "'la edad no está entre 18 y 30 años'"
        ) }}
    from integrantes
    where edad < 18 or edad > 30

),

final as (

    select * from con_otro_nombre
    union all
    select * from sin_direccion
    union all
    select * from fuera_de_edad

)

select * from final
