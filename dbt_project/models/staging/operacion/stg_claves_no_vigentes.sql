select * from {{ source('lake', 'claves_no_vigentes') }}
