"""After a release: apply the dashboards' assets and warm them; copy the releases to their bucket."""

from __future__ import annotations

from typing import Any

from airflow.sdk import PartitionedAssetTimetable, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from dags.shared import BOARDS, PUBLICATION, TECNOLOGIAS, Settings, announce, our_dag

CARD = """
### refrescar_tableros
| | |
| --- | --- |
| **Qué** | Aplica los tableros si cambiaron en git, pregunta cada gráfica para que la primera persona no espere; copia las publicaciones a `PAMGA_PUBLISHED_COPY`, si se dio. |
| **Cuándo** | Después de cada publicación (asset `publicacion`). |
| **De dónde** | `dashboards/`, la base publicada de `releases/current`. |
| **A dónde** | Superset (su base de metadatos y su caché); asset `tableros`. |
| **A quién preguntar** | Dirección General de Tecnologías de la Información. |
"""


@our_dag(
    TECNOLOGIAS,
    hours=0.5,
    dag_display_name="4 · Refrescar los tableros",
    schedule=PartitionedAssetTimetable(assets=PUBLICATION),
    tags=["tableros"],
    doc_md=CARD,
)
def refrescar_tableros() -> None:
    @task(outlets=[BOARDS])
    def aplicar_y_refrescar(*, outlet_events: Any) -> str:
        """Superset lives in an environment of its own, so its script runs as a process of that environment."""
        from operation.superset import refresh_dashboards

        done = refresh_dashboards(Settings())
        if quarter := get_current_context()["dag_run"].partition_key:  # none when a person starts it
            announce(outlet_events, BOARDS, quarter)
        return done

    @task
    def copiar_publicaciones() -> dict[str, Any]:
        from publish.mirror import mirror

        settings = Settings()
        if not settings.published_copy:
            raise AirflowSkipException("PAMGA_PUBLISHED_COPY is not set: the releases are served from here alone.")
        return dict(mirror(settings).__dict__)

    aplicar_y_refrescar()
    copiar_publicaciones()


DAG_OBJECT = refrescar_tableros()
