"""The closing build of a quarter, fifteen days after it ended; what a backfill replays."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from airflow.sdk import CronPartitionTimetable, Param, dag, get_current_context, task

from dags.building import announce_candidate, build_candidate, check_candidate
from dags.shared import BUILD_POOL, CANDIDATE, START, TIMEZONE, UNIDAD_DE_TRANSPARENCIA, default_args
from pamga.quarter import Quarter

CARD = """
### cierre_trimestre
| | |
| --- | --- |
| **Qué** | Construye la publicación de cierre del trimestre que terminó: sin entregas pendientes ni datos fuera de plazo. |
| **Cuándo** | El día 16 después del fin de cada trimestre (hora de León); con `airflow backfill create` se repite la de otro. |
| **De dónde** | `lake/`. |
| **A dónde** | `runs/<corrida>/`; si pasa el control anuncia el asset `candidata`. |
| **A quién preguntar** | Unidad de Transparencia. Para cerrar con pendientes: `PAMGA_CLOSED_BY` y `PAMGA_CLOSE_REASON` (se publican). |
"""


def closing_quarter(context: Any) -> Quarter:
    """The quarter that a run closes: its parameter, else the one that holds the partition's date.

    The timetable's partition lies one run before the run's own date, that is inside the quarter that it closes:
    the run of 16 October has the partition of 16 July.
    """
    chosen = context["params"].get("trimestre")
    if chosen:
        return Quarter.parse(chosen)
    return Quarter.containing(date.fromisoformat(context["dag_run"].partition_key))


@dag(
    schedule=CronPartitionTimetable("0 6 16 1,4,7,10 *", timezone=TIMEZONE, run_offset=-1, key_format="%Y-%m-%d"),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=3),
    default_args=default_args(UNIDAD_DE_TRANSPARENCIA),
    params={"trimestre": Param(None, type=["null", "string"], description="Trimestre que se cierra, p. ej. 2026T3")},
    tags=["cierre", "almacén", "calidad"],
    doc_md=CARD,
)
def cierre_trimestre() -> None:
    @task(pool=BUILD_POOL)
    def construir() -> dict[str, str]:
        return build_candidate(closing_quarter(get_current_context()))

    @task(pool=BUILD_POOL)
    def revisar(candidata: dict[str, str]) -> dict[str, str]:
        """The gate, with freshness enforced: a missing delivery or stale dataset stops a closing release."""
        return check_candidate(candidata)

    @task(outlets=[CANDIDATE])
    def anunciar(candidata: dict[str, str], *, outlet_events: Any) -> None:
        announce_candidate(candidata, outlet_events)

    anunciar(revisar(construir()))


DAG_OBJECT = cierre_trimestre()
