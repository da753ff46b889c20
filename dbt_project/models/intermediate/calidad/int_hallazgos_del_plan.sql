{# What the plan says of a delivered row and the row does not keep: names of phases, the address of what was published. #}
select
    {{ hallazgo(
        'fase_con_otro_nombre', 'fases_proyecto', dbt.concat(['proyecto', "' · '", 'fase_id']), 'fase',
        dbt.concat(["'se entregó como «'", dicho('fase'), "'»'"])
    ) }}
from {{ ref('int_fases_proyecto_vigente') }} as fases
where
    not exists (
        select 1 from {{ ref('matriz_fases') }} as del_plan
        where del_plan.proyecto = fases.proyecto and {{ plegado('del_plan.fase') }} = {{ plegado('fases.fase') }}
    )
union all
select
    {{ hallazgo(
        'documento_sin_direccion', 'documentos', 'documento_id', 'url_publicacion',
        dbt.concat(['indicador', "': dice que se publicó el '", dicho('fecha_publicacion'), "' y no da la dirección'"])
    ) }}
from {{ ref('int_documentos_vigente') }}
where fecha_publicacion is not null and url_publicacion is null
