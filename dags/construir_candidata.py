"""Build the candidate of what stands in the lake, and let the gate judge it."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param, PartitionedAssetTimetable, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from dags.building import anunciar, build_candidate, build_held_closings, revisar
from dags.shared import BUILD_POOL, CANDIDATE, LAKE, TECNOLOGIAS, Settings, our_dag

CARD = """
### construir_candidata
| | |
| --- | --- |
| **Qué** | Fija los insumos, ubica los lugares, corre dbt, escribe los archivos por publicar y los somete al control de calidad. |
| **Cuándo** | Cada vez que cambia el lago (asset `lake`), una corrida por trimestre anunciado; una construcción a la vez. |
| **De dónde** | `lake/` (las versiones vigentes, según `inputs.lock`). |
| **A dónde** | `runs/<corrida>/`; si pasa el control anuncia el asset `candidata`. Antes vuelve a intentar los cierres detenidos. |
| **A quién preguntar** | Dirección General de Tecnologías de la Información. Si el control la detuvo: lea `runs/<corrida>/quality.html`. |
"""


@our_dag(
    TECNOLOGIAS,
    hours=3,
    dag_display_name="2 · Construir y revisar la candidata",
    schedule=PartitionedAssetTimetable(assets=LAKE),
    params={"trimestre": Param(None, type=["null", "string"], description="Trimestre que se anuncia, p. ej. 2026T3")},
    tags=["almacén", "calidad"],
    doc_md=CARD,
)
def construir_candidata() -> None:
    @task(pool=BUILD_POOL, outlets=[CANDIDATE])
    def reintentar_cierres(*, outlet_events: Any) -> list[str]:
        """Try again the closings that were held by what has arrived. Skipped when none was: a success would announce a candidate, and
        `publicar` would look for it with the slot that the gate waits for."""
        closed = build_held_closings(outlet_events)
        if not closed:
            raise AirflowSkipException("No closing was waiting for what has arrived.")
        return closed

    @task(pool=BUILD_POOL, trigger_rule="all_done")
    def construir() -> dict[str, str]:
        """Build; skipped when the newest release already holds what stands in the lake."""
        return build_candidate(closing=None)

    @task(trigger_rule="all_done_min_one_success")
    def capas(candidata: dict[str, str]) -> list[dict[str, str]]:
        """The layers of the warehouse that dbt built, one box each; after the gate, which would wait for the processor, whatever it said."""
        from operation.steps import dbt_layers

        return [{"run": candidata["run"], "capa": layer} for layer in dbt_layers(Settings(), candidata["run"])]

    @task(map_index_template="{{ capa }}", max_active_tis_per_dagrun=1)  # publishing waits for no box
    def dbt(parte: dict[str, str]) -> None:
        """What dbt did in one layer, with its slowest tables and tests."""
        from operation.steps import dbt_layer_in_words

        title, lines = dbt_layer_in_words(Settings(), parte["run"], parte["capa"])
        context: Any = get_current_context()
        context["capa"] = title
        print(f"{title}\n{lines}")

    built = construir()
    reintentar_cierres() >> built
    judged = revisar(built)
    anunciar(judged)
    shown = capas(built)
    judged >> shown
    dbt.expand(parte=shown)


DAG_OBJECT = construir_candidata()
