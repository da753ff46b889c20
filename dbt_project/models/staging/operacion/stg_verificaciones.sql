select * from {{ source('lake', 'verificaciones') }}
