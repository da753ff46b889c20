"""After a release: apply the dashboards' assets, empty the data cache and warm it."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import PartitionedAssetTimetable, dag, task

from dags.shared import PUBLICATION, START, TECNOLOGIAS, default_args

CARD = """
### refrescar_tableros
| | |
| --- | --- |
| **Qué** | Aplica los tableros que están en git, vacía la memoria de datos de Superset y la vuelve a llenar. |
| **Cuándo** | Después de cada publicación (asset `publicacion`). |
| **De dónde** | `dashboards/`, `releases/current/leon.duckdb`. |
| **A dónde** | Superset (su base de metadatos y su caché). |
| **A quién preguntar** | Dirección General de Tecnologías de la Información. |
"""


@dag(
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

    aplicar_y_refrescar()


DAG_OBJECT = refrescar_tableros()
