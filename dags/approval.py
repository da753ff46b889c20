"""The optional approval step of `publicar`: a person of the Secretariado says yes or no to the candidate in Airflow.

`approval_tasks(run)` is called inside a DAG and returns the tasks after which publishing that run may start. With PAMGA_REQUIRE_APPROVAL off (the
embedded default) the candidate goes on at once. The answer is recorded in lake/_log/approvals and goes out with the release.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param, task
from airflow.sdk.exceptions import AirflowSkipException

SUMMARY, ASK, RECORD, WITHOUT = "resumir_candidata", "aprobar_candidata", "registrar_respuesta", "sin_aprobacion"
CONTINUE_RULE = "none_failed_min_one_success"
"""The trigger rule of the task that follows: one of the two ways was gone to its end."""


def approval_tasks(run: Any) -> list[Any]:
    """The tasks of the approval of `run` (the output of the task that chose it: the answer is about exactly that run);
    returns the two ends, of which exactly one succeeds when publishing may start.

    Usage: `approval_tasks(run) >> publish`, with `publish` declared `trigger_rule=CONTINUE_RULE`. It must not follow the task that
    chose the run directly: that one always succeeds, also before a rejection.
    """

    @task.branch(task_id="hace_falta_aprobar")
    def choose() -> str:
        from pamga.settings import Settings

        return SUMMARY if Settings().require_approval else WITHOUT

    @task(task_id=WITHOUT)
    def without() -> None:
        """Nobody has to approve: PAMGA_REQUIRE_APPROVAL is off."""

    @task(task_id=SUMMARY, multiple_outputs=True)
    def summarise(run: str) -> Any:
        """What the candidate changes."""
        from pamga.settings import Settings
        from quality.approval import candidate_summary

        return {"run": run, "summary": candidate_summary(Settings(), run)}

    ask = HITLOperator(
        task_id=ASK,
        subject="¿Se publica la candidata {{ ti.xcom_pull(task_ids='" + SUMMARY + "', key='run') }}?",
        body="{{ ti.xcom_pull(task_ids='" + SUMMARY + "', key='summary') }}",
        options=["aprobar", "rechazar"],
        defaults="rechazar",
        params={
            "persona": Param("", type="string", title="Quién responde", description="Nombre y cargo."),
            "motivo": Param("", type="string", title="Por qué", description="Se publica junto con la respuesta."),
        },
        response_timeout=timedelta(hours=approval_hours()),
        execution_timeout=timedelta(hours=approval_hours() + 1),  # the DAG's default would end the wait after an hour
    )

    @task(task_id=RECORD)
    def record(run: str, answer: dict[str, Any]) -> str:
        """Write who, when and why. A rejection skips what follows: the old release stands."""
        from pamga.settings import Settings
        from quality.approval import APPROVE, answer_of, record_answer

        settings = Settings()
        decision, person, reason = answer_of(answer, settings.approval_hours)
        record_answer(settings, run, decision, person, reason)
        if decision != APPROVE:
            raise AirflowSkipException(f"{person} rejected {run}: {reason}")
        return run

    summary: Any = summarise(run)
    chosen, passed = choose(), without()
    recorded = record(run, ask.output)
    run >> chosen >> [summary, passed]
    summary >> ask >> recorded
    return [passed, recorded]


def approval_hours() -> float:
    """How long the answer is waited for; from the environment, since Airflow fixes it when it reads the DAG."""
    return float(os.environ.get("PAMGA_APPROVAL_HOURS", "72"))
