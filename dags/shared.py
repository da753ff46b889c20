"""What the DAGs share: assets, defaults, the failure notice. Nothing but the plan is read when Airflow imports this."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pendulum
from airflow.sdk import Asset, CronTriggerTimetable, dag
from airflow.sdk.exceptions import AirflowSkipException

from operation.airflow_env import BUILD_POOL
from pamga.faults import our_fault
from pamga.plan import plan
from pamga.settings import Settings

if TYPE_CHECKING:
    from reminders.sending import Message

TIMEZONE = plan().lugar.zona_horaria
START = pendulum.datetime(plan().inicio.year, plan().inicio.month, plan().inicio.day, tz=TIMEZONE)

RECEIVE_CRON = Settings().receive_cron
"""When the inbox is looked at: every five minutes in office hours; `make up` looks every minute."""

LAKE = Asset(name="lake", uri="pamga://lake")
CANDIDATE = Asset(name="candidata", uri="pamga://candidata")
PUBLICATION = Asset(name="publicacion", uri="pamga://publicacion")
BOARDS = Asset(name="tableros", uri="pamga://tableros")

UNIDAD_DE_TRANSPARENCIA = "Unidad de Transparencia"
TECNOLOGIAS = plan().sistemas
__all__ = [
    "BOARDS", "BUILD_POOL", "CANDIDATE", "LAKE", "PUBLICATION", "RECEIVE_CRON", "TECNOLOGIAS", "TIMEZONE", "UNIDAD_DE_TRANSPARENCIA", "Settings",
    "announce", "at", "notify_failure", "our_dag", "send_or_skip", "with_account",
]  # fmt: skip


def with_account(name: str, context: Any) -> str:
    """The name that a person gave in a form, beside the account that started the run: what somebody did is never said of "root"."""
    account = context["dag_run"].triggering_user_name
    if not account:
        return name
    return f"{name} (cuenta {account})" if name else f"cuenta {account}"


def notify_failure(context: Any) -> None:
    """Failure notice, naming which of the mapped tasks it was (operation/failures.py says where it goes)."""
    from operation import failures

    task_instance = context["task_instance"]
    task = f"{task_instance.dag_id}.{task_instance.task_id}"
    one = context.get("entrega") or getattr(task_instance, "rendered_map_index", None)
    message = f"{task}{f' ({one})' if one else ''} failed: {_said(context.get('exception'))}"
    failures.tell(Settings(), task, message)


def _said(error: Any) -> str:
    """Our own disk, rights or database in one line; else what the error says."""
    return str((our_fault(error) if isinstance(error, BaseException) else None) or error)


def announce(outlet_events: Any, asset: Asset, of: str) -> None:
    """Emit an asset for a quarter (2026T3) or for that of a release (2026T3-r01)."""
    outlet_events[asset].add_partitions(of.partition("-")[0])


def at(cron: str) -> CronTriggerTimetable:
    """A schedule of the city's clock."""
    return CronTriggerTimetable(cron, timezone=TIMEZONE)


def our_dag(
    owner: str, *, hours: float = 1, task_hours: float = 1, **more: Any
) -> Callable[[Callable[[], None]], Callable[[], Any]]:  # fmt: skip
    """A DAG of this house: one run at a time, nothing caught up with, each task of an office, with two retries with back-off, a time
    limit (`task_hours`) and a failure notice."""
    tasks = {
        "owner": owner,
        "retries": 2,
        "retry_delay": timedelta(seconds=30),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=10),
        "execution_timeout": timedelta(hours=task_hours),
        "on_failure_callback": notify_failure,
    }
    limit = timedelta(hours=hours)
    made: Callable[[Callable[[], None]], Callable[[], Any]] = dag(
        start_date=START, catchup=False, max_active_runs=1, dagrun_timeout=limit, default_args=tasks, **more
    )
    return made


def send_or_skip(messages: list[Message], nothing: str, without_mail: str) -> list[str]:
    """Send the messages that were not sent yet; returns their ids. Skips the task, saying so, when there are none or no SMTP connection."""
    from operation import mail
    from reminders.sending import send_once

    if not messages:
        raise AirflowSkipException(nothing)
    if not mail.connection_exists():
        raise AirflowSkipException(f"{without_mail} {mail.CONNECTION}.")
    return [message.id for message in send_once(Settings(), messages, mail.send)]
