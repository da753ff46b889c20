"""After a release: apply the dashboards' assets, warm them, take their pictures and mail them; copy the releases to their bucket."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import PartitionedAssetTimetable, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from dags.shared import PUBLICATION, START, TECNOLOGIAS, default_args

CARD = """
### refrescar_tableros
| | |
| --- | --- |
| **Qué** | Aplica los tableros si cambiaron en git, pregunta cada gráfica para que la primera persona no espere, los fotografía (PNG y PDF) y manda los PDF al Secretariado; copia las publicaciones a `PAMGA_PUBLISHED_COPY`, si se dio. |
| **Cuándo** | Después de cada publicación (asset `publicacion`). |
| **De dónde** | `dashboards/`, `releases/current/leon.duckdb`. |
| **A dónde** | Superset (su base de metadatos y su caché), `pictures/<publicación>/`, correo del Secretariado (`PAMGA_ADDRESSES`). |
| **A quién preguntar** | Dirección General de Tecnologías de la Información. |
"""


@dag(
    dag_display_name="4 · Refrescar y fotografiar los tableros",
    schedule=PartitionedAssetTimetable(assets=PUBLICATION),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=30),
    default_args=default_args(TECNOLOGIAS),
    tags=["tableros"],
    doc_md=CARD,
)
def refrescar_tableros() -> None:
    @task
    def aplicar_y_refrescar() -> str:
        """Superset lives in an environment of its own, so its script runs as a process of that environment."""
        from operation.superset import refresh_dashboards
        from pamga.settings import Settings

        return refresh_dashboards(Settings())

    @task
    def copiar_publicaciones() -> dict[str, Any]:
        from pamga.settings import Settings
        from publish.mirror import mirror

        settings = Settings()
        if not settings.published_copy:
            raise AirflowSkipException("PAMGA_PUBLISHED_COPY is not set: the releases are served from here alone.")
        return dict(mirror(settings).__dict__)

    @task
    def fotografiar() -> list[str]:
        """A PNG and a PDF of each public dashboard; skipped, and said so, where no browser is installed."""
        from operation.pictures import NoBrowserError, take_pictures
        from pamga.settings import Settings

        try:
            return [str(path) for path in take_pictures(Settings())]
        except NoBrowserError as none:
            raise AirflowSkipException(str(none)) from none

    @task
    def enviar_al_secretariado(fotografias: list[str]) -> str:
        """The PDFs by mail, once a release; skipped where no mail is set up."""
        from operation import mail
        from operation.pictures import message
        from pamga.settings import Settings
        from reminders.sending import send_once

        settings = Settings()
        if not mail.connection_exists():
            raise AirflowSkipException("There is no connection smtp_default: nothing is mailed.")
        told = message(settings, [Path(path) for path in fotografias])
        return told.subject if send_once(settings, [told], mail.send) else "It was sent before."

    pictures = fotografiar()
    aplicar_y_refrescar() >> pictures
    enviar_al_secretariado(pictures)
    copiar_publicaciones()


DAG_OBJECT = refrescar_tableros()
