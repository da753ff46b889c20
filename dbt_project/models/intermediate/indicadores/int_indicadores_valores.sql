-- Every indicator at every point: what the marts are made of.
with

valores as (

    select * from {{ ref('int_indicador_da_1') }}
    union all
    select * from {{ ref('int_indicador_da_2') }}
    union all
    select * from {{ ref('int_indicador_da_3') }}
    union all
    select * from {{ ref('int_indicador_da_4') }}
    union all
    select * from {{ ref('int_indicador_da_5') }}
    union all
    select * from {{ ref('int_indicador_da_6') }}
    union all
    select * from {{ ref('int_indicador_da_7') }}
    union all
    select * from {{ ref('int_indicador_da_8') }}
    union all
    select * from {{ ref('int_indicador_pp_1') }}
    union all
    select * from {{ ref('int_indicador_pp_2') }}
    union all
    select * from {{ ref('int_indicador_pp_3') }}
    union all
    select * from {{ ref('int_indicador_pp_4') }}
    union all
    select * from {{ ref('int_indicador_pp_5') }}
    union all
    select * from {{ ref('int_indicador_mbh_1') }}
    union all
    select * from {{ ref('int_indicador_mbh_2') }}
    union all
    select * from {{ ref('int_indicador_mbh_3') }}
    union all
    select * from {{ ref('int_indicador_mbh_4') }}
    union all
    select * from {{ ref('int_indicador_mbh_5') }}
    union all
    select * from {{ ref('int_indicador_caj_1') }}
    union all
    select * from {{ ref('int_indicador_caj_2') }}
    union all
    select * from {{ ref('int_indicador_caj_3') }}
    union all
    select * from {{ ref('int_indicador_caj_4') }}
    union all
    select * from {{ ref('int_indicador_caj_5') }}
    union all
    select * from {{ ref('int_indicador_caj_6') }}
    union all
    select * from {{ ref('int_indicador_caj_7') }}
    union all
    select * from {{ ref('int_indicador_caj_8') }}

)

select * from valores
