-- Value, value on the due day and status that every target would have under every other reading, by the rules of the one that is followed
-- (rules.md, "Status at a quarter"), and whether the verdict would be another.
with

metas as (

    select
        *,
        {{ indice_de_fecha('vence') }} as indice_vence
    from {{ ref('matriz_lecturas_metas') }}

),

trimestres as (

    select * from {{ ref('int_trimestres') }}

),

valores as (

    select * from {{ ref('int_lecturas_valores') }}

),

elegidas as (

    select * from {{ ref('int_indicadores_evaluados') }}

),

puntos as (

    select
        metas.*,
        trimestres.trimestre,
        trimestres.indice,
        trimestres.fecha_corte
    from metas
    cross join trimestres

),

{{ juzgar('puntos', 'valores', ['lectura']) }},

comparadas as (

    select
        con_estado.*,
        elegidas.estado as estado_elegido,
        elegidas.provisional,
        {{ sentido_de_estado('con_estado.estado') }} <> {{ sentido_de_estado('elegidas.estado') }} as difiere
    from con_estado
    inner join elegidas using (indicador, ejercicio, indice)

)

select * from comparadas
