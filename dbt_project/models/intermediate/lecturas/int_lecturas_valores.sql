-- Every other reading of every indicator at every point.
with

{{ contar(otras_lecturas=true) }}

select * from valores
