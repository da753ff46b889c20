"""Every week every release is read back whole, and lake, log, ledger, vault and registry are held against their seals."""

from __future__ import annotations

from airflow.sdk import task

from dags.shared import UNIDAD_DE_TRANSPARENCIA, Settings, at, our_dag

CARD = """
### auditar_publicaciones
| | |
| --- | --- |
| **Qué** | Vuelve a leer completa cada publicación: sumas de comprobación, número de filas y enlaces; y compara lago, bitácora, libro, bóveda y registro con sus sellos. Falla si algo cambió. |
| **Cuándo** | Los domingos a las 5:00 (hora del municipio). |
| **De dónde** | `releases/`, `lake/`, `vault/`, `registry.db`. |
| **A dónde** | El registro de la tarea y el aviso de falla: dice qué publicación y qué archivo. |
| **A quién preguntar** | Unidad de Transparencia. Un archivo dañado se repone del respaldo o con `make reproduce RELEASE=…`. |
"""


@our_dag(
    UNIDAD_DE_TRANSPARENCIA,
    hours=6,
    task_hours=5,
    dag_display_name="Auditoría de publicaciones",
    schedule=at("0 5 * * 0"),
    tags=["publicación", "auditoría"],
    doc_md=CARD,
)
def auditar_publicaciones() -> None:
    @task
    def auditar() -> None:
        """Compare releases, lake, log, ledger, vault and registry with what was recorded. Raises PamgaError with what is wrong."""
        from operation.audit import audit
        from pamga.errors import PamgaError

        found = audit(Settings())
        if found:
            listed = " ".join(str(finding) for finding in found[:20])
            raise PamgaError(f"{len(found)} objects are not what was recorded when they were made.", listed)

    auditar()


DAG_OBJECT = auditar_publicaciones()
