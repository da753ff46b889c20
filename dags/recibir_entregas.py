"""Receive what the departments drop: one mapped task per file."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from dags.shared import LAKE, RECEIVE_CRON, START, TIMEZONE, UNIDAD_DE_TRANSPARENCIA, default_args

CARD = """
### recibir_entregas
| | |
| --- | --- |
| **Qué** | Revisa cada archivo del buzón contra su contrato y lo guarda en el lago; deja un acuse para quien lo entregó. |
| **Cuándo** | Cada 5 minutos en horario de oficina (lunes a viernes, 7 a 20 h). |
| **De dónde** | `inbox/<dependencia>/<export>_<trimestre>.*` (o la dirección de `PAMGA_INBOX`). |
| **Límites** | Cada archivo se lee aparte, con límites de memoria y tiempo (`PAMGA_FILE_*`): el que los rebasa se rechaza con su razón y los demás siguen. |
| **A dónde** | `lake/`, `receipts/`, `vault/`; anuncia el asset `lake` con el trimestre más reciente que llegó. |
| **A quién preguntar** | Unidad de Transparencia. Un archivo rechazado: lea su acuse en `receipts/`. |
"""


@dag(
    schedule=CronTriggerTimetable(RECEIVE_CRON, timezone=TIMEZONE),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=2),
    default_args=default_args(UNIDAD_DE_TRANSPARENCIA),
    tags=["entregas", "ingesta"],
    doc_md=CARD,
)
def recibir_entregas() -> None:
    @task
    def buscar() -> list[dict[str, Any]]:
        """The files that are new in the inbox, those still being written left out."""
        from ingest.receive import discover
        from pamga.settings import Settings

        return [dropped.as_dict() for dropped in discover(Settings())]

    # A file's reading ends by itself (PAMGA_FILE_SECONDS); this is for what hangs around it.
    @task(map_index_template="{{ entrega }}", execution_timeout=timedelta(minutes=40))
    def recibir(archivo: dict[str, Any]) -> str | None:
        """Check and land one file. Returns its quarter when it became a new version, else None."""
        from ingest.receive import Dropped, receive_file
        from pamga.settings import Settings

        dropped = Dropped.from_dict(archivo)
        context: Any = get_current_context()
        context["entrega"] = dropped.label
        receipt = receive_file(Settings(), dropped)
        return receipt.trimestre if receipt.landed else None

    @task(outlets=[LAKE], trigger_rule="all_done")
    def anunciar(trimestres: list[str | None], *, outlet_events: Any) -> str:
        """Announce the lake's change. One build reads everything that stands, so the newest quarter is announced once."""
        landed = [trimestre for trimestre in trimestres[:] if trimestre]  # a slice is one request, not one a file
        if not landed:
            raise AirflowSkipException("Nothing new landed.")
        outlet_events[LAKE].add_partitions(max(landed))
        return max(landed)

    anunciar(recibir.expand(archivo=buscar()))


DAG_OBJECT = recibir_entregas()
