"""The optional approval step of `publicar`: a person of the Secretariado says yes or no to the candidate in Airflow.

Who may answer is decided by the role (`operation/auth_manager.py`). A yes without its reason does not count: the question comes again and
says so. A no, and no answer in time, end the run in red, with who and why in the notice: the old release stands.

`approval_tasks(run)` is called inside a DAG and returns the tasks after which publishing that run may start. With PAMGA_REQUIRE_APPROVAL off (the
embedded default) the candidate goes on at once. The answer is recorded in lake/_log/approvals and goes out with the release.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param, task
from airflow.sdk.exceptions import AirflowFailException

from dags.shared import Settings, notify_failure

SUMMARY, ASK, RECORD, WITHOUT = "resumir_candidata", "aprobar_candidata", "registrar_respuesta", "sin_aprobacion"
CONTINUE_RULE = "none_failed_min_one_success"
"""The trigger rule of the task that follows: one of the two ways was gone to its end."""


RULE = "Para aprobar escriba el motivo: un «aprobar» sin motivo, o de quien lo pide, no cuenta, y se pregunta de nuevo.\n\n"


class Question(HITLOperator):
    """A question to a person. An answer that does not count fails this try, so that Airflow asks again."""

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        from quality.approval import answer_of

        answer = super().execute_complete(context, event)
        answer_of(answer, Settings().approval_hours, asked_by(context))
        return answer


def asked_by(context: Any) -> str | None:
    """The account that started the run; None when the schedule or an asset did."""
    account: str | None = context["dag_run"].triggering_user_name
    return account


def rejected(what: str, person: str, reason: str) -> AirflowFailException:
    """The end of a run that a person said no to: red at once, with who and why."""
    return AirflowFailException(f"{what}: {person} respondió que no. Motivo: {reason}")


def if_required(choice: str, asking: str, otherwise: str) -> tuple[Any, Any]:
    """A task `choice` that goes to the task `asking` where a person has to agree, and the task `otherwise` that it goes to elsewhere."""

    @task.branch(task_id=choice)
    def choose() -> str:
        return asking if Settings().require_approval else otherwise

    @task(task_id=otherwise)
    def without() -> None:
        """Nobody has to agree: PAMGA_REQUIRE_APPROVAL is off."""

    return choose(), without()


def question(task_id: str, subject: str, body: str, about_reason: str | None = None) -> Question:
    """Ask a person, who says yes or no with their name and a reason (`about_reason`: what the form says of it); no answer in time is a no."""
    return Question(
        task_id=task_id,
        subject=subject,
        body=RULE + body,
        options=["aprobar", "rechazar"],
        defaults="rechazar",
        params={
            "persona": Param("", type="string", title="Quién responde", description="Nombre y cargo."),
            "motivo": Param("", type="string", title="Por qué", description=about_reason),
        },
        on_retry_callback=notify_failure,  # why the answer did not count
        response_timeout=timedelta(hours=Settings().approval_hours),
        execution_timeout=timedelta(
            hours=Settings().approval_hours + 1
        ),  # the DAG's default would end the wait after an hour
    )


def approval_tasks(run: Any) -> list[Any]:
    """The tasks of the approval of `run` (the output of the task that chose it: the answer is about exactly that run);
    returns the two ends, of which exactly one succeeds when publishing may start.

    Usage: `approval_tasks(run) >> publish`, with `publish` declared `trigger_rule=CONTINUE_RULE`. It must not follow the task that
    chose the run directly: that one always succeeds, also before a rejection.
    """

    @task(task_id=SUMMARY, multiple_outputs=True)
    def summarise(run: str) -> Any:
        """What the candidate changes."""
        from quality.approval import candidate_summary

        return {"run": run, "summary": candidate_summary(Settings(), run)}

    ask = question(
        ASK,
        "¿Se publica la candidata {{ ti.xcom_pull(task_ids='" + SUMMARY + "', key='run') }}?",
        "{{ ti.xcom_pull(task_ids='" + SUMMARY + "', key='summary') }}",
        "Se publica junto con la respuesta.",
    )

    @task(task_id=RECORD)
    def record(run: str, answer: dict[str, Any]) -> str:
        """Write who, when and why. A rejection ends the run: the old release stands."""
        from quality.approval import APPROVE, answer_of, record_answer

        settings = Settings()
        decision, person, reason = answer_of(answer, settings.approval_hours)
        record_answer(settings, run, decision, person, reason)
        if decision != APPROVE:
            raise rejected(f"La candidata {run} no se publica", person, reason)
        return run

    summary: Any = summarise(run)
    chosen, passed = if_required("hace_falta_aprobar", SUMMARY, WITHOUT)
    recorded = record(run, ask.output)
    run >> chosen >> [summary, passed]
    summary >> ask >> recorded
    return [passed, recorded]
