select * from {{ source('lake', 'sitios') }}
