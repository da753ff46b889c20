select * from {{ source('lake', 'publicaciones') }}
