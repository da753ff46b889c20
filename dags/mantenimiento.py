"""Weekly upkeep: prune runs, enforce the vault's retention."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from airflow.sdk import CronTriggerTimetable, dag, task

from dags.shared import BUILD_POOL, START, TECNOLOGIAS, TIMEZONE, default_args

CARD = """
### mantenimiento
| | |
| --- | --- |
| **Qué** | Borra corridas y bitácoras viejas y aplica el plazo de conservación de la bóveda. |
| **Cuándo** | Domingos a las 3:00 (hora de León). |
| **De dónde** | `runs/`, `vault/`, las bitácoras de Airflow. |
| **A dónde** | Los mismos lugares. El respaldo lo hace el DAG `respaldar`. |
| **A quién preguntar** | Dirección General de Tecnologías de la Información. |
"""


@dag(
    dag_display_name="Mantenimiento",
    schedule=CronTriggerTimetable("0 3 * * 0", timezone=TIMEZONE),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=6),
    default_args=default_args(TECNOLOGIAS, execution_timeout=timedelta(hours=4)),
    tags=["mantenimiento"],
    doc_md=CARD,
)
def mantenimiento() -> None:
    @task(pool=BUILD_POOL)
    def podar_corridas() -> list[str]:
        from pamga.maintenance import prune_runs, sweep
        from pamga.settings import Settings

        settings = Settings()
        sweep(settings)
        return prune_runs(settings)

    @task
    def conservar_boveda() -> int:
        """Delete originals older than the retention period."""
        from ingest.privacy.retention import enforce_retention
        from pamga.settings import Settings

        return len(enforce_retention(Settings()))

    @task
    def podar_bitacoras() -> int:
        """Delete the logs of tasks of long ago; how they ended stays in Airflow's metadata."""
        from airflow.sdk.configuration import conf

        from pamga.maintenance import prune_logs
        from pamga.settings import Settings

        return prune_logs(Path(conf.get("logging", "base_log_folder")), Settings().keep_logs_days)

    podar_corridas() >> conservar_boveda() >> podar_bitacoras()


DAG_OBJECT = mantenimiento()
