"""Publish the candidate that last passed the gate: approval (when switched on), write, verify, flip."""

from __future__ import annotations

from typing import Any

from airflow.sdk import PartitionedAssetTimetable, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from dags.approval import CONTINUE_RULE, approval_tasks
from dags.building import candidate_to_publish, publish_candidate
from dags.shared import BUILD_POOL, CANDIDATE, PUBLICATION, UNIDAD_DE_TRANSPARENCIA, announce, our_dag

CARD = """
### publicar
| | |
| --- | --- |
| **Qué** | Publica la candidata: espera la aprobación del Secretariado (si `PAMGA_REQUIRE_APPROVAL`), escribe la publicación, la vuelve a leer y verificar completa, y mueve el apuntador `current`. |
| **Cuándo** | Cuando una candidata pasa el control de calidad (asset `candidata`). |
| **De dónde** | `runs/passed/candidate/`: la última que pasó el control (si otra publicación se le adelantó, se construye de nuevo). |
| **A dónde** | `releases/<publicación>/` y `releases/current`; anuncia el asset `publicacion`. |
| **A quién preguntar** | Unidad de Transparencia. Para volver atrás: DAG `revertir_publicacion`. |
"""


@our_dag(
    UNIDAD_DE_TRANSPARENCIA,
    hours=120,
    dag_display_name="3 · Publicar",
    schedule=PartitionedAssetTimetable(assets=CANDIDATE),
    tags=["publicación"],
    doc_md=CARD,
)
def publicar() -> None:
    @task(pool=BUILD_POOL)
    def elegir_candidata() -> str:
        """The run that last passed the gate. Skipped when it is already up."""
        return candidate_to_publish()

    @task(pool=BUILD_POOL, outlets=[PUBLICATION], trigger_rule=CONTINUE_RULE)
    def escribir_verificar_y_publicar(*, outlet_events: Any) -> str:
        """Write the release, read it back, flip the pointer. Skipped when it is already up."""
        instance = get_current_context()["ti"]
        result = publish_candidate(instance.xcom_pull(task_ids="elegir_candidata"))
        if not result.flipped and instance.try_number == 1:  # a retry after the flip still has to announce it
            raise AirflowSkipException(f"{result.release} was already published.")
        announce(outlet_events, PUBLICATION, result.release)
        return result.release

    approval_tasks(elegir_candidata()) >> escribir_verificar_y_publicar()


DAG_OBJECT = publicar()
