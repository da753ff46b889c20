"""By hand: take a release or a dataset down, with a reason and, where approval is required, a second person's yes."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param, get_current_context, task

from dags.approval import CONTINUE_RULE, if_required, question, rejected
from dags.shared import BUILD_POOL, PUBLICATION, UNIDAD_DE_TRANSPARENCIA, Settings, announce, our_dag

CARD = """
### retirar_publicacion
| | |
| --- | --- |
| **Qué** | Quita de todas las publicaciones lo que no debe leerse: una publicación completa o un conjunto. Deja un aviso público con quién, cuándo y por qué. No se puede deshacer. |
| **Cuándo** | A mano, con parámetros. Con PAMGA_REQUIRE_APPROVAL espera el sí de otra persona. |
| **De dónde** | `releases/` y `runs/`. |
| **A dónde** | `lake/_log/takedowns`, `releases/retiros/`; anuncia el asset `publicacion` para que se vacíen los tableros. |
| **A quién preguntar** | Unidad de Transparencia. Pasos: docs/operations.md, «Takedown». |
"""
ASK, WITHOUT, RECORD = "confirmar_retiro", "sin_confirmacion", "registrar_confirmacion"


@our_dag(
    UNIDAD_DE_TRANSPARENCIA,
    hours=120,
    dag_display_name="Retirar una publicación",
    schedule=None,
    params={
        "que": Param(
            "", type="string", minLength=3, description="La publicación (2026T3-r01) o el conjunto por retirar"
        ),
        "motivo": Param("", type="string", minLength=10, description="Por qué; se publica, así que no nombre a nadie"),
        "persona": Param("", type="string", minLength=5, description="Quién lo decide, con su cargo; se publica"),
        "revisado": Param(
            False,
            type="boolean",
            description="Lo que en el motivo parece un nombre es el de un lugar o una dependencia",
        ),
    },
    tags=["a mano", "publicación"],
    doc_md=CARD,
)
def retirar_publicacion() -> None:
    ask = question(
        ASK,
        "¿Se retira {{ dag_run.conf['que'] }} de todas las publicaciones?",
        "Lo pide {{ dag_run.conf['persona'] }}. Motivo: {{ dag_run.conf['motivo'] }}\n\nNo se puede deshacer: los archivos se borran.",
    )

    @task(task_id=RECORD)
    def confirmed(answer: dict[str, Any]) -> str:
        """Who agreed. A no ends the run: nothing is taken down."""
        from quality.approval import APPROVE, answer_of

        decision, person, reason = answer_of(answer, Settings().approval_hours)
        if decision != APPROVE:
            raise rejected("No se retira nada", person, reason)
        return person

    @task(pool=BUILD_POOL, outlets=[PUBLICATION], trigger_rule=CONTINUE_RULE)
    def retirar(*, outlet_events: Any) -> str:
        """Take down, and tell the dashboards to forget what they keep."""
        from publish.takedown import take_down

        context = get_current_context()
        params = context["params"]
        agreed = context["ti"].xcom_pull(task_ids=RECORD)
        person = f"{params['persona']}; confirmó: {agreed}" if agreed else params["persona"]
        result = take_down(Settings(), params["que"], params["motivo"], person, reviewed=params["revisado"])
        announce(outlet_events, PUBLICATION, result.current or params["que"])
        return f"{result.record.numero:04d}"

    chosen, passed = if_required("hace_falta_confirmar", ASK, WITHOUT)
    recorded = confirmed(ask.output)
    chosen >> [ask, passed]
    ask >> recorded
    [passed, recorded] >> retirar()


DAG_OBJECT = retirar_publicacion()
