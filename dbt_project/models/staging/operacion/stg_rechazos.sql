select * from {{ source('lake', 'rechazos') }}
