"""Receive what the departments drop: one mapped task per file."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from dags.shared import LAKE, RECEIVE_CRON, UNIDAD_DE_TRANSPARENCIA, Settings, announce, at, our_dag, send_or_skip

CARD = """
### recibir_entregas
| | |
| --- | --- |
| **Qué** | Revisa cada archivo del buzón contra su contrato y lo guarda en el lago; deja un acuse para quien lo entregó. |
| **Cuándo** | Cada 5 minutos en horario de oficina (lunes a viernes, 7 a 20 h). |
| **De dónde** | `inbox/<dependencia>/<export>_<trimestre>.*` (o la dirección de `PAMGA_INBOX`). |
| **Límites** | Cada archivo se lee aparte, con límites de memoria y tiempo (`PAMGA_FILE_*`): el que los rebasa se rechaza con su razón y los demás siguen. |
| **A dónde** | `lake/`, `receipts/` (el acuse, que también sale por correo), `vault/`; anuncia el asset `lake` con el trimestre más reciente que llegó. |
| **A quién preguntar** | Unidad de Transparencia. Un archivo rechazado: lea su acuse en `receipts/`. |
"""


@our_dag(
    UNIDAD_DE_TRANSPARENCIA,
    hours=2,
    dag_display_name="1 · Recibir entregas",
    schedule=at(RECEIVE_CRON),
    tags=["entregas", "ingesta"],
    doc_md=CARD,
)
def recibir_entregas() -> None:
    @task
    def buscar() -> list[str]:
        """The files that are new in the inbox, those still being written left out."""
        from ingest.receive import discover

        return [dropped.queued() for dropped in discover(Settings())]

    # A file's reading ends by itself (PAMGA_FILE_SECONDS); this is for what hangs around it.
    @task(map_index_template="{{ entrega }}", execution_timeout=timedelta(minutes=40))
    def recibir(archivo: str) -> dict[str, str | None]:
        """Check and land one file. Returns where its receipt lies, and its quarter when it became a new version."""
        from ingest.receive import Dropped, receive_file

        dropped = Dropped.from_queue(archivo)
        context: Any = get_current_context()
        context["entrega"] = dropped.label
        receipt = receive_file(Settings(), dropped)
        return {"acuse": receipt.folder, "trimestre": receipt.trimestre if receipt.landed else None}

    @task(outlets=[LAKE], trigger_rule="all_done")
    def anunciar(recibidos: list[dict[str, str | None]], *, outlet_events: Any) -> str:
        """Announce the lake's change. One build reads everything that stands, so the newest quarter is announced once."""
        # a slice is one request, not one a file
        landed = [one["trimestre"] for one in recibidos[:] if one["trimestre"]]
        if not landed:
            raise AirflowSkipException("Nothing new landed.")
        announce(outlet_events, LAKE, max(landed))
        return max(landed)

    @task(trigger_rule="all_done")
    def mandar_acuses(recibidos: list[dict[str, str | None]]) -> list[str]:
        """Mail each office the receipts of what it dropped, once. Skipped when there are none, or no SMTP connection."""
        from reminders.receipts import receipt_messages

        messages = receipt_messages(Settings(), [one["acuse"] for one in recibidos[:] if one["acuse"]])
        return send_or_skip(messages, "Nothing was received.", "The receipts are not mailed: there is no connection")

    recibidos = recibir.expand(archivo=buscar())
    anunciar(recibidos)
    mandar_acuses(recibidos)


DAG_OBJECT = recibir_entregas()
