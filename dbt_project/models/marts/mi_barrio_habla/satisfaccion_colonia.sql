with

encuestas as (

    select * from {{ ref('int_encuestas_satisfaccion_vigente') }}

),

trimestres as (

    select * from {{ ref('int_trimestres') }}

),

acuerdos as (

    select * from {{ ref('int_acuerdos_con_plazo') }}

),

eventos as (

    select * from {{ ref('eventos_mbh') }}

),

-- the colonia of the agreement that the answer is about, else that of the event
ubicadas as (

    select
        trimestres.trimestre,
        trimestres.fecha_corte,
        encuestas.respuesta,
        coalesce(acuerdos.colonia_id, eventos.colonia_id, -1) as colonia_id,
        coalesce(acuerdos.colonia, eventos.colonia, 'Sin ubicar') as colonia
    from encuestas
    inner join trimestres on {{ indice_de_fecha('encuestas.fecha') }} = trimestres.indice
    left join acuerdos on encuestas.acuerdo_id = acuerdos.acuerdo_id
    left join eventos on encuestas.evento_id = eventos.evento_id

),

contadas as (

    select
        trimestre,
        fecha_corte,
        colonia_id,
        colonia,
        {{ contar_respuestas() }}
    from ubicadas
    group by 1, 2, 3, 4

),

satisfaccion as (

    select
        contadas.trimestre,
        contadas.fecha_corte,
        contadas.colonia_id,
        contadas.colonia,
        {{ respuestas_presentadas('contadas') }}
    from contadas

)

select * from satisfaccion
order by trimestre, colonia_id
