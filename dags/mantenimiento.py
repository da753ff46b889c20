"""Weekly upkeep: prune runs, enforce the vault's retention, back up what cannot be made again."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from dags.shared import BUILD_POOL, START, TECNOLOGIAS, TIMEZONE, default_args

CARD = """
### mantenimiento
| | |
| --- | --- |
| **Qué** | Borra corridas viejas, aplica el plazo de conservación de la bóveda y respalda lo que no se puede volver a hacer. |
| **Cuándo** | Domingos a las 3:00 (hora de León). |
| **De dónde** | `runs/`, `vault/`, `lake/`, `keys/`, `registry.db`. |
| **A dónde** | La carpeta de `PAMGA_BACKUP` (si se dio). |
| **A quién preguntar** | Dirección General de Tecnologías de la Información. |
"""


@dag(
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
    def respaldar() -> str:
        from pamga.maintenance import back_up
        from pamga.settings import Settings

        settings = Settings()
        if settings.backup is None:
            raise AirflowSkipException("PAMGA_BACKUP is not set: nothing is backed up here.")
        return str(back_up(settings, settings.backup))

    podar_corridas() >> conservar_boveda() >> respaldar()


DAG_OBJECT = mantenimiento()
