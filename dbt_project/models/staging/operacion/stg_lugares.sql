select * from {{ source('lake', 'lugares') }}
