"""The closing build of a quarter, fifteen days after it ended; what a backfill replays."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from airflow.sdk import CronPartitionTimetable, Param, get_current_context, task

from dags.building import anunciar, build_candidate, check_candidate, revisar
from dags.shared import (
    BUILD_POOL,
    CANDIDATE,
    TIMEZONE,
    UNIDAD_DE_TRANSPARENCIA,
    Settings,
    announce,
    our_dag,
    with_account,
)
from pamga.quarter import Quarter

if TYPE_CHECKING:
    from warehouse.closing import ClosedBy

CARD = """
### cierre_trimestre
| | |
| --- | --- |
| **Qué** | Construye la publicación de cierre del trimestre que terminó: sin entregas pendientes ni datos fuera de plazo. |
| **Cuándo** | El día 16 después del fin de cada trimestre (hora del municipio); con `airflow backfill create` se repite la de otro. |
| **De dónde** | El buzón, que se recibe primero, y `lake/` hasta ese trimestre. |
| **A dónde** | `runs/<corrida>/`; si pasa el control anuncia el asset `candidata`. |
| **A quién preguntar** | Unidad de Transparencia. Para cerrar con pendientes: «Trigger» con nombre y un motivo por archivo que falta (se publican, si algo faltaba). Un cierre detenido se vuelve a intentar solo cuando llega lo que lo detuvo. |
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


def closer(context: Any) -> ClosedBy | None:
    """Who closes this quarter although something is missing, with the account that started the run."""
    from warehouse.closing import closed_by

    given = context["params"]
    name = given["cierra"].strip()
    return closed_by(with_account(name, context) if name else "", given["motivos"])


@our_dag(
    UNIDAD_DE_TRANSPARENCIA,
    hours=3,
    dag_display_name="Cierre del trimestre",
    schedule=CronPartitionTimetable("0 6 16 1,4,7,10 *", timezone=TIMEZONE, run_offset=-1, key_format="%Y-%m-%d"),
    params={
        "trimestre": Param(
            None, type=["null", "string"], title="Trimestre que se cierra", description="Por ejemplo 2026T3."
        ),
        "cierra": Param(
            "",
            type="string",
            title="Quién cierra aunque falten entregas",
            description="Nombre y cargo. Se publica si algo faltaba.",
        ),
        "motivos": Param(
            [],
            type="array",
            items={"type": "string"},
            title="Por qué, archivo por archivo",
            description="Una línea por archivo que falta: EXPORT=MOTIVO, o EXPORT/DEPENDENCIA=MOTIVO. Se publica.",
        ),
    },
    tags=["cierre", "almacén", "calidad"],
    doc_md=CARD,
)
def cierre_trimestre() -> None:
    @task(retries=8)
    def recibir() -> int:
        """Take what waits in the inbox: a file dropped in time counts although nobody has looked at the inbox since.

        Tried again while a file is still on its way: what is closed holds all of the inbox or is not closed.
        """
        from operation import steps

        return sum(receipt.landed for receipt in steps.receive_all(Settings()))

    @task(pool=BUILD_POOL)
    def construir() -> dict[str, str]:
        context: Any = get_current_context()
        return build_candidate(closing_quarter(context), closer(context))

    @task(pool=BUILD_POOL, outlets=[CANDIDATE], trigger_rule="all_done")
    def construir_lo_posterior(*, outlet_events: Any) -> str:
        """What was received for a quarter that has begun goes out in a provisional release, also when the closing is held."""
        candidate = check_candidate(build_candidate(closing=None))
        announce(outlet_events, CANDIDATE, candidate["release"])
        return candidate["run"]

    built = construir()
    recibir() >> built
    checked = revisar(built)
    anunciar(checked)
    checked >> construir_lo_posterior()


DAG_OBJECT = cierre_trimestre()
