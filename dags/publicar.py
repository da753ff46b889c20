"""Publish the newest candidate that passed the gate: approval (when switched on), write, verify, flip."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import PartitionedAssetTimetable, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from dags.approval import CONTINUE_RULE, approval_tasks
from dags.shared import BUILD_POOL, CANDIDATE, PUBLICATION, START, UNIDAD_DE_TRANSPARENCIA, default_args

CARD = """
### publicar
| | |
| --- | --- |
| **Qué** | Publica la candidata: espera la aprobación del Secretariado (si `PAMGA_REQUIRE_APPROVAL`), escribe la publicación, la vuelve a leer y verificar completa, y mueve el apuntador `current`. |
| **Cuándo** | Cuando una candidata pasa el control de calidad (asset `candidata`). |
| **De dónde** | `runs/latest/candidate/`. |
| **A dónde** | `releases/<publicación>/` y `releases/current`; anuncia el asset `publicacion`. |
| **A quién preguntar** | Unidad de Transparencia. Para volver atrás: DAG `revertir_publicacion`. |
"""


@dag(
    schedule=PartitionedAssetTimetable(assets=CANDIDATE),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(days=5),
    default_args=default_args(UNIDAD_DE_TRANSPARENCIA),
    tags=["publicación"],
    doc_md=CARD,
)
def publicar() -> None:
    @task(pool=BUILD_POOL, outlets=[PUBLICATION], trigger_rule=CONTINUE_RULE)
    def escribir_verificar_y_publicar(*, outlet_events: Any) -> str:
        """Write the release, read it back, flip the pointer. Skipped when it is already up."""
        from pamga.settings import Settings
        from publish.release import publish

        result = publish(Settings())
        first_try = get_current_context()["ti"].try_number == 1
        if not result.flipped and first_try:  # a retry after the flip still has to announce it
            raise AirflowSkipException(f"{result.release} was already published.")
        outlet_events[PUBLICATION].add_partitions(result.release.partition("-")[0])
        return result.release

    approval_tasks() >> escribir_verificar_y_publicar()


DAG_OBJECT = publicar()
