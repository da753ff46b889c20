with

-- an agreement's time has run out the day after its last one
{% set dia_siguiente = 'cast(' ~ dbt.dateadd('day', 1, limite_de_acuerdo('acuerdos')) ~ ' as date)' %}

{{ acuerdos_del_anio(
    'case when extract(year from ' ~ dia_siguiente ~ ') = extract(year from fecha_acuerdo) then ' ~ dia_siguiente ~ ' end'
) }},

{{ valores_por_conteo('MBH-2', lectura='con_plazo_cumplido') }}

select * from valores
