select * from {{ source('lake', 'insumos_release') }}
