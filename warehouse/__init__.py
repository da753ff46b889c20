"""The warehouse: locks what a run reads, resolves places, runs dbt, writes the candidate. All business rules are its SQL."""
