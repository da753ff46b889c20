"""Every night: a snapshot of what cannot be made again goes to the backup (pamga/backup)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from dags.shared import START, TECNOLOGIAS, TIMEZONE, default_args
from pamga.errors import PamgaError

CARD = """
### respaldar
| | |
| --- | --- |
| **Qué** | Respalda lo que no se puede volver a hacer, mientras todo trabaja: sólo copia lo que el respaldo no tiene. |
| **Cuándo** | Cada noche a las 2:00 (hora de León). |
| **De dónde** | `lake/`, `vault/`, `releases/`, `receipts/`, el registro y las bases de datos de Airflow y Superset; las llaves, si el respaldo está cifrado. |
| **A dónde** | `PAMGA_BACKUP`: una carpeta o una cubeta de S3. Sin ese ajuste la tarea se salta, y `pamga doctor` lo dice. |
| **A quién preguntar** | Dirección General de Tecnologías de la Información. Para regresar: `pamga restore` (docs/backup.md). |
"""


@dag(
    dag_display_name="Respaldo de cada noche",
    schedule=CronTriggerTimetable("0 2 * * *", timezone=TIMEZONE),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=12),
    default_args=default_args(TECNOLOGIAS, execution_timeout=timedelta(hours=10)),
    tags=["mantenimiento"],
    doc_md=CARD,
)
def respaldar() -> None:
    @task
    def tomar_copia() -> dict[str, Any]:
        from pamga.backup import back_up
        from pamga.settings import Settings

        settings = Settings()
        if not settings.backup:
            raise AirflowSkipException("PAMGA_BACKUP is not set: nothing is backed up here.")
        done = back_up(settings)
        if "airflow" not in done.databases:  # this very DAG runs on it
            raise PamgaError(
                "The snapshot lacks Airflow's database: its address is not known here.",
                "Give the worker an account that may read it (AIRFLOW__DATABASE__SQL_ALCHEMY_CONN or …_CMD).",
            )
        return dict(done.__dict__)

    tomar_copia()


DAG_OBJECT = respaldar()
