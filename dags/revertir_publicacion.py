"""By hand: point `current` back at an earlier release, with a reason."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param, get_current_context, task

from dags.shared import BUILD_POOL, PUBLICATION, UNIDAD_DE_TRANSPARENCIA, Settings, announce, our_dag, with_account

CARD = """
### revertir_publicacion
| | |
| --- | --- |
| **Qué** | Regresa el apuntador `current` a una publicación anterior. No borra nada; queda escrito quién y por qué. |
| **Cuándo** | A mano, con parámetros. |
| **De dónde** | `releases/`. |
| **A dónde** | `releases/current`; anuncia el asset `publicacion`. |
| **A quién preguntar** | Unidad de Transparencia. |
"""


@our_dag(
    UNIDAD_DE_TRANSPARENCIA,
    dag_display_name="Volver a una publicación anterior",
    schedule=None,
    params={
        "publicacion": Param(None, type=["null", "string"], description="A cuál volver; vacío: a la anterior"),
        "entregas": Param(
            [],
            type="array",
            items={"type": "string"},
            title="Qué entregas estaban mal",
            description="EXPORT/TRIMESTRE/DEPENDENCIA, una por línea: se apartan hasta que se corrijan. Vacío: todas las que la otra no tenía.",
        ),
        "ninguna": Param(False, type="boolean", title="El error no vino de ninguna entrega"),
        "persona": Param(
            "", type="string", title="Quién revierte", description="Nombre y cargo; se publica junto con la cuenta."
        ),
        "motivo": Param("", type="string", minLength=10, description="Por qué se revierte (se guarda)"),
    },
    tags=["a mano", "publicación"],
    doc_md=CARD,
)
def revertir_publicacion() -> None:
    @task(pool=BUILD_POOL)
    def elegir() -> str:
        """Which release to go back to, once: a repetition of the next task must not go back further."""
        from publish.release import rollback_target

        return rollback_target(Settings(), get_current_context()["params"]["publicacion"])

    @task(pool=BUILD_POOL, outlets=[PUBLICATION])
    def revertir(target: str, *, outlet_events: Any) -> str:
        from publish.release import rollback

        context: Any = get_current_context()
        params = context["params"]
        result = rollback(
            Settings(), to=target, reason=params["motivo"], person=with_account(params["persona"], context),
            wrong=[] if params["ninguna"] else params["entregas"] or None,
        )  # fmt: skip
        announce(outlet_events, PUBLICATION, result.release)
        return result.release

    revertir(elegir())


DAG_OBJECT = revertir_publicacion()
