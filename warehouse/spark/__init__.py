"""dbt's models on Spark instead of DuckDB (PAMGA_ENGINE=spark; docs/spark.md)."""
