select * from {{ source('lake', 'cierres') }}
