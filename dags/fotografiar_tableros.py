"""After the dashboards show a release: take their pictures and mail them. Apart from the refreshing, so that no release waits for pictures."""

from __future__ import annotations

from pathlib import Path

from airflow.sdk import PartitionedAssetTimetable, task
from airflow.sdk.exceptions import AirflowSkipException

from dags.shared import BOARDS, TECNOLOGIAS, Settings, our_dag

CARD = """
### fotografiar_tableros
| | |
| --- | --- |
| **Qué** | Fotografía los tableros públicos (PNG y PDF) y manda los PDF al Secretariado, una vez por publicación. De una publicación que otra relevó mientras tanto no hay fotografías: las de la nueva las toma su propia corrida. |
| **Cuándo** | Cuando los tableros ya muestran una publicación (asset `tableros`). |
| **De dónde** | Superset, como lo ve cualquiera. |
| **A dónde** | `pictures/<publicación>/`, correo del Secretariado (`PAMGA_ADDRESSES`). |
| **A quién preguntar** | Dirección General de Tecnologías de la Información. |
"""


@our_dag(
    TECNOLOGIAS,
    dag_display_name="5 · Fotografiar los tableros",
    schedule=PartitionedAssetTimetable(assets=BOARDS),
    tags=["tableros"],
    doc_md=CARD,
)
def fotografiar_tableros() -> None:
    @task
    def fotografiar() -> list[str]:
        """A PNG and a PDF of each public dashboard; skipped, and said so, without a browser and of what is no longer shown."""
        from operation.pictures import NoBrowserError, SupersededError, take_pictures

        try:
            return [str(path) for path in take_pictures(Settings())]
        except (NoBrowserError, SupersededError) as none:
            raise AirflowSkipException(str(none)) from none

    @task
    def enviar_al_secretariado(fotografias: list[str]) -> str:
        """The PDFs by mail, once a release; skipped where no mail is set up."""
        from operation import mail
        from operation.pictures import message
        from reminders.sending import send_once

        settings = Settings()
        if not mail.connection_exists():
            raise AirflowSkipException("There is no connection smtp_default: nothing is mailed.")
        told = message(settings, [Path(path) for path in fotografias])
        return told.subject if send_once(settings, [told], mail.send) else "It was sent before."

    enviar_al_secretariado(fotografiar())


DAG_OBJECT = fotografiar_tableros()
