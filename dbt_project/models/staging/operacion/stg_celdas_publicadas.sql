select * from {{ source('lake', 'celdas_publicadas') }}
