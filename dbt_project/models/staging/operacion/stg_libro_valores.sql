select * from {{ source('lake', 'libro_valores') }}
