{#
  Every row that may count for a target of an indicator, or of another reading of it (`lectura`, empty for the one that is followed), with
  when and where it does: what is counted is counted from here, and what `pamga explain` shows is read from here.
#}
{{ hechos_de(pamga_leon.reglas_que_se_cuentan(false) + pamga_leon.reglas_que_se_cuentan(true)) }}
