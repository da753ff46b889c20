{#
  Rows of the state that name a key which the other export's state does not hold, and whether anything of that export was delivered for the
  quarter (of a layer: ever). Rows of people say their row number and the other key, never who.
#}
{% set referencias = pamga_leon.referencias_entre_exportaciones() %}

with

entregas as (

    select * from {{ ref('stg_entregas') }}
    where vigente

),

ausentes as (

    {% for export, columna, referido, clave, llave, mismo_trimestre in referencias %}
        select
            {{ hallazgo(
                'referencia_inexistente', export, llave, columna,
                dbt.concat(["'" ~ columna ~ " '", dicho(columna), "' no está en " ~ referido ~ "'"])
            ) }},
            '{{ referido }}' as referido,
            '{{ clave }}' as columna_referida,
            entrega_indice as indice,
            cast({{ columna }} as {{ dbt.type_string() }}) as clave_ausente,
            exists(
                select 1 from entregas
                where
                    entregas.export = '{{ referido }}'
                    and entregas.indice {{ '=' if mismo_trimestre else '<=' }} filas.entrega_indice
            ) as llego_lo_referido
        from {{ ref('int_' ~ export ~ '_vigente') }} as filas
        where
            {{ columna }} is not null
            and not exists (
                select 1 from {{ ref('int_' ~ referido ~ '_vigente') }} as referidos
                where referidos.{{ clave }} = filas.{{ columna }}
            )
        {% if not loop.last %}union all{% endif %}
    {% else %}
        {{ ninguna_fila(
            columnas_de_hallazgo() + ['referido', 'columna_referida', 'indice', 'clave_ausente', 'llego_lo_referido'],
            {'llego_lo_referido': 'boolean'}
        ) }}
    {% endfor %}

)

select * from ausentes
