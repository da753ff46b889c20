"""Every night: a snapshot of what cannot be made again goes to the backup (pamga/backup)."""

from __future__ import annotations

from typing import Any

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowSkipException

from dags.shared import TECNOLOGIAS, Settings, at, our_dag
from pamga.errors import PamgaError

CARD = """
### respaldar
| | |
| --- | --- |
| **Qué** | Respalda lo que no se puede volver a hacer, mientras todo trabaja: sólo copia lo que el respaldo no tiene. |
| **Cuándo** | Cada noche a las 2:00 (hora del municipio). |
| **De dónde** | `lake/`, `vault/`, `releases/`, `receipts/`, el registro y las bases de datos de Airflow y Superset; las llaves, si el respaldo está cifrado. |
| **A dónde** | `PAMGA_BACKUP`: una carpeta o una cubeta de S3. Sin ese ajuste la tarea se salta, y `pamga doctor` lo dice. |
| **A quién preguntar** | Dirección General de Tecnologías de la Información. Para regresar: `pamga restore` (docs/backup.md). |
"""


@our_dag(
    TECNOLOGIAS,
    hours=12,
    task_hours=10,
    dag_display_name="Respaldo de cada noche",
    schedule=at("0 2 * * *"),
    tags=["mantenimiento"],
    doc_md=CARD,
)
def respaldar() -> None:
    @task
    def tomar_copia() -> dict[str, Any]:
        from pamga.backup import back_up

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
