"""What the DAGs share: assets, defaults, the failure notice. Nothing is read when Airflow imports this."""

from __future__ import annotations

import logging
import os
import shlex
import subprocess
from datetime import timedelta
from html import escape
from typing import Any

import pendulum
from airflow.sdk import Asset

from dags.airflow_env import BUILD_POOL
from pamga.faults import our_fault
from pamga.settings import Settings

TIMEZONE = "America/Mexico_City"
START = pendulum.datetime(2025, 1, 1, tz=TIMEZONE)

RECEIVE_CRON = os.environ.get("PAMGA_RECEIVE_CRON", Settings.model_fields["receive_cron"].default)
"""When the inbox is looked at: every five minutes in office hours; `make up` looks every minute."""

LAKE = Asset(name="lake", uri="pamga://lake")
CANDIDATE = Asset(name="candidata", uri="pamga://candidata")
PUBLICATION = Asset(name="publicacion", uri="pamga://publicacion")

UNIDAD_DE_TRANSPARENCIA = "Unidad de Transparencia"
TECNOLOGIAS = "Dirección General de Tecnologías de la Información y Gobierno Digital"
__all__ = [
    "BUILD_POOL", "CANDIDATE", "LAKE", "PUBLICATION", "RECEIVE_CRON", "START", "TECNOLOGIAS", "TIMEZONE", "UNIDAD_DE_TRANSPARENCIA",
    "default_args", "notify_failure", "with_account",
]  # fmt: skip

log = logging.getLogger("pamga.dags")


def with_account(name: str, context: Any) -> str:
    """The name that a person gave in a form, beside the account that started the run: what somebody did is never said of "root"."""
    account = context["dag_run"].triggering_user_name
    if not account:
        return name
    return f"{name} (cuenta {account})" if name else f"cuenta {account}"


def notify_failure(context: Any) -> None:
    """Failure notice: to the log and to a file of `notices/` always, by e-mail where the connection `smtp_default` and
    PAMGA_ALERT_EMAIL exist. A mail server that is down is itself a failure that somebody must hear of, so there is a second way
    out: PAMGA_ALERT_COMMAND gets what could not be mailed."""
    task_instance = context["task_instance"]
    one = context.get("entrega") or getattr(task_instance, "rendered_map_index", None)  # which of the mapped tasks
    task = f"{task_instance.dag_id}.{task_instance.task_id}" + (f" ({one})" if one else "")
    message = f"{task} failed: {_said(context.get('exception'))}"
    subject = message.partition("\n")[0][:120]
    log.error(message)
    settings = Settings()
    _keep_notice(settings, f"{task_instance.dag_id}.{task_instance.task_id}", message)
    if settings.alert_email and _mailed(settings.alert_email, subject, message):
        return
    if settings.alert_command:
        try:
            subprocess.run(shlex.split(settings.alert_command), input=message, text=True, timeout=60, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            log.error("The notice could not be given to PAMGA_ALERT_COMMAND either: %s", error)


def _mailed(to: str, subject: str, message: str) -> bool:
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    try:
        with SmtpHook() as smtp:
            body = f'<pre style="white-space: pre-wrap">{escape(message)}</pre>'
            smtp.send_email_smtp(to=to, subject=f"[pamga] {subject}", html_content=body)
    except Exception as error:  # whatever the server or the line said: the notice must still get out
        log.error("The notice could not be mailed: %s", error)
        return False
    return True


def _keep_notice(settings: Settings, task: str, message: str) -> None:
    """notices/<day>-<task>.txt, appended to: what failed, where a person or a monitor looks without mail."""
    path = settings.layout.notices / f"{settings.today.isoformat()}-{task}.txt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(message + "\n")
    except OSError as error:  # our disk may be what failed
        log.error("The notice could not be kept: %s", error)


def _said(error: Any) -> str:
    """Our own disk, rights or database in one line; else what the error says."""
    return str((our_fault(error) if isinstance(error, BaseException) else None) or error)


def default_args(owner: str, **changes: Any) -> dict[str, Any]:
    """The defaults of every task: an office as owner, two retries with back-off, a time limit, a failure notice."""
    return {
        "owner": owner,
        "retries": 2,
        "retry_delay": timedelta(seconds=30),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=10),
        "execution_timeout": timedelta(hours=1),
        "on_failure_callback": notify_failure,
        **changes,
    }
