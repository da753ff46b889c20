{#
  References to keys that do not exist in the state. While the other export has not been delivered for the quarter (for layers:
  ever), the reference only waits: a missing delivery never blocks (rules.md, "Provisional and closing releases"). When the missing keys
  of a delivery are no more than the rows that were quarantined in the other one of the same quarter, they hang from those rows,
  which are already reported where they are: quarantined rows never block by themselves (rules.md, "Rows").
  Rows of people say their row number and the other key, never who.
#}
{% set referencias = [
    ('asistencia_talleres', 'taller_id', 'talleres', 'taller_id', 'null', true),
    ('actualizaciones_datos_abiertos', 'variable_id', 'variables_datos_abiertos', 'variable_id', 'variable_id', true),
    ('acuerdos', 'evento_id', 'eventos_mbh', 'evento_id', 'acuerdo_id', true),
    ('encuestas_satisfaccion', 'evento_id', 'eventos_mbh', 'evento_id', 'null', true),
    ('encuestas_satisfaccion', 'acuerdo_id', 'acuerdos', 'acuerdo_id', 'null', true),
    ('comentarios_ciudadanos', 'sesion_id', 'sesiones_rendicion', 'sesion_id', 'comentario_id', true),
    ('mediciones_aire', 'estacion_id', 'estaciones_calidad_aire', 'estacion_id', 'estacion_id', false),
    ('almacenamiento_presas', 'clave_presa', 'presas', 'clave_presa', 'clave_presa', false),
] %}

with

entregas as (

    select
        export,
        indice,
        sum(quarantined) as apartadas
    from {{ ref('stg_entregas') }}
    where vigente
    group by 1, 2

),

{% for export, columna, referido, clave, llave, mismo_trimestre in referencias %}
    {{ export }}_{{ columna }} as (

        select
        {{ hallazgo(
            'referencia_inexistente', export, llave, columna,
            dbt.concat(["'" ~ columna ~ " '", dicho(columna), "' no está en " ~ referido ~ "'"])
        ) }},
            '{{ referido }}' as referido,
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

    ),

{% endfor %}
todas as (

    {% for export, columna, _, _, _, _ in referencias %}
        select * from {{ export }}_{{ columna }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

ausentes as (

    select
        export,
        dependencia,
        trimestre,
        columna,
        count(distinct clave_ausente) as claves
    from todas
    group by 1, 2, 3, 4

),

final as (

    select
        case
            when not todas.llego_lo_referido then 'referencia_en_espera'
            when ausentes.claves <= entregas.apartadas then 'referencia_a_fila_apartada'
            else todas.tipo
        end as tipo,
        todas.export,
        todas.dependencia,
        todas.trimestre,
        todas.version,
        todas.fila,
        todas.llave,
        todas.columna,
        todas.detalle
    from todas
    inner join ausentes
        on
            todas.export = ausentes.export
            and todas.dependencia = ausentes.dependencia
            and todas.trimestre = ausentes.trimestre
            and todas.columna = ausentes.columna
    left join entregas on todas.referido = entregas.export and todas.indice = entregas.indice

)

select * from final
