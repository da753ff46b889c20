"""Airflow DAGs: when things run. Thin TaskFlow files; a task calls the function that the command calls."""
