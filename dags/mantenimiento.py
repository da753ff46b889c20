"""Weekly upkeep: prune runs, enforce the vault's retention."""

from __future__ import annotations

from pathlib import Path

from airflow.sdk import task

from dags.shared import BUILD_POOL, TECNOLOGIAS, Settings, at, our_dag

CARD = """
### mantenimiento
| | |
| --- | --- |
| **Qué** | Borra corridas y bitácoras viejas y aplica el plazo de conservación de la bóveda. |
| **Cuándo** | Domingos a las 3:00 (hora del municipio). |
| **De dónde** | `runs/`, `vault/`, las bitácoras de Airflow. |
| **A dónde** | Los mismos lugares. El respaldo lo hace el DAG `respaldar`. |
| **A quién preguntar** | Dirección General de Tecnologías de la Información. |
"""


@our_dag(
    TECNOLOGIAS,
    hours=6,
    task_hours=4,
    dag_display_name="Mantenimiento",
    schedule=at("0 3 * * 0"),
    tags=["mantenimiento"],
    doc_md=CARD,
)
def mantenimiento() -> None:
    @task(pool=BUILD_POOL)
    def podar_corridas() -> list[str]:
        from pamga.maintenance import prune_runs, sweep

        settings = Settings()
        sweep(settings)
        return prune_runs(settings)

    @task
    def conservar_boveda() -> int:
        """Delete originals older than the retention period."""
        from ingest.privacy.retention import enforce_retention

        return len(enforce_retention(Settings()))

    @task
    def podar_bitacoras() -> int:
        """Delete the logs of tasks of long ago; how they ended stays in Airflow's metadata."""
        from airflow.sdk.configuration import conf

        from pamga.maintenance import prune_logs

        return prune_logs(Path(conf.get("logging", "base_log_folder")), Settings().keep_logs_days)

    podar_corridas() >> conservar_boveda() >> podar_bitacoras()


DAG_OBJECT = mantenimiento()
