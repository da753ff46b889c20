select * from {{ source('lake', 'aprobaciones') }}
