select * from {{ source('lake', 'geometrias_colonia') }}
