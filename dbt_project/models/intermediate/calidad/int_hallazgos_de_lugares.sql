{# Located rows outside the municipality, by its boundary or, without one, by what the places step knows of it. #}
with

lugares as (

    select * from {{ ref('stg_lugares') }}
    where metodo = 'fuera_del_municipio'

),

final as (

    select
        'fuera_del_municipio' as tipo,
        export,
        entrega_dependencia as dependencia,
        entrega_trimestre as trimestre,
        entrega_version as version,
        fila,
        cast(null as {{ dbt.type_string() }}) as llave,
        'latitud, longitud' as columna,
        'las coordenadas caen fuera del municipio' as detalle
    from lugares

)

select * from final
