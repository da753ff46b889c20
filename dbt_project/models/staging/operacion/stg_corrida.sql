select * from {{ source('lake', 'corrida') }}
