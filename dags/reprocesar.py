"""By hand: let an older version of a delivery stand again, with a reason."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param, get_current_context, task

from dags.shared import LAKE, UNIDAD_DE_TRANSPARENCIA, Settings, announce, our_dag, with_account

CARD = """
### reprocesar
| | |
| --- | --- |
| **Qué** | Restaura una versión anterior de una entrega: entra al lago como versión nueva, igual a la que se pide. |
| **Cuándo** | A mano, con parámetros. |
| **De dónde** | `lake/`. |
| **A dónde** | `lake/`; anuncia el asset `lake`, con lo que se construye y publica de nuevo. |
| **A quién preguntar** | Unidad de Transparencia. |
"""


@our_dag(
    UNIDAD_DE_TRANSPARENCIA,
    dag_display_name="Reprocesar entregas",
    schedule=None,
    params={
        "dependencia": Param("", type="string", minLength=1),
        "export": Param("", type="string", minLength=1),
        "trimestre": Param("", type="string", pattern="^20[0-9]{2}T[1-4]$"),
        "version": Param(1, type="integer", minimum=1, description="La versión que debe volver a valer"),
        "persona": Param(
            "", type="string", title="Quién restaura", description="Nombre y cargo; se guarda junto con la cuenta."
        ),
        "motivo": Param("", type="string", minLength=10, description="Por qué se restaura (se guarda)"),
    },
    tags=["a mano", "ingesta"],
    doc_md=CARD,
)
def reprocesar() -> None:
    @task(outlets=[LAKE])
    def restaurar(*, outlet_events: Any) -> int:
        from ingest.landing import Identity
        from ingest.receive import restore

        context: Any = get_current_context()
        params = context["params"]
        identity = Identity(params["export"], params["trimestre"], params["dependencia"])
        manifest = restore(
            Settings(), identity, params["version"], params["motivo"], with_account(params["persona"], context)
        )
        announce(outlet_events, LAKE, params["trimestre"])
        return manifest.version

    restaurar()


DAG_OBJECT = reprocesar()
