{# No two rows share the declared key; null equals null, as in rules.md "Rows". #}
{% test clave_unica(model, columnas) %}
select
    {{ columnas | join(', ') }},
    count(*) as renglones
from {{ model }}
group by {{ columnas | join(', ') }}
having count(*) > 1
{% endtest %}
