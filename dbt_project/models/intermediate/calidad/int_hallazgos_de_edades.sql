{{ config(enabled=pamga_leon.se_entrega('integrantes_cabildo')) }}
-- Members of the youth council whom the plan does not call young.
select
    {{ hallazgo(
        'edad_fuera_del_cabildo', 'integrantes_cabildo', 'null', 'edad',
        "'la edad no está entre " ~ pamga_leon.jovenes().desde ~ ' y ' ~ pamga_leon.jovenes().hasta ~ " años'"
    ) }}
from {{ ref('int_integrantes_cabildo_vigente') }}
where not {{ es_joven('edad') }}
