select * from {{ source('lake', 'geometrias_hexagono') }}
