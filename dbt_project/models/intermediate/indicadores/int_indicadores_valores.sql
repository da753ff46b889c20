-- Every indicator at every point: what the marts are made of.
with

{{ contar() }}

select * from valores
