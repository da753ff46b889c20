select * from {{ source('lake', 'apartadas') }}
