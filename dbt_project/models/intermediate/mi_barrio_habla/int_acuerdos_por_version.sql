-- Each version of every agreement with the quarters in which it stands, its due day and its place; the tables by quarter are made of it, so
-- that they add up to their indicator of the same quarter. What happened after the last cut-off has not happened.
with

{{ acuerdos_con_plazo_de('int_acuerdos_versiones', ['acuerdos.vigente_desde', 'acuerdos.vigente_hasta']) }}

select * from con_plazo
