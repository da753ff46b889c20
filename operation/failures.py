"""Somebody must hear of what failed: to the log and to a file of `notices/` always, by mail or by a command where one is set."""

from __future__ import annotations

import logging
import shlex
import subprocess

from operation import mail
from pamga.settings import Settings

log = logging.getLogger("pamga.dags")


def tell(settings: Settings, task: str, message: str) -> None:
    """Tell what failed in `task` (`<dag>.<task>`).

    By e-mail where the connection `smtp_default` and PAMGA_ALERT_EMAIL exist. A mail server that is down is itself a failure that
    somebody must hear of, so there is a second way out: PAMGA_ALERT_COMMAND gets what could not be mailed.
    """
    log.error(message)
    _keep_notice(settings, task, message)
    if settings.alert_email and mail.alert(settings.alert_email, message.partition("\n")[0][:120], message):
        return
    if settings.alert_command:
        try:
            subprocess.run(shlex.split(settings.alert_command), input=message, text=True, timeout=60, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            log.error("The notice could not be given to PAMGA_ALERT_COMMAND either: %s", error)


def _keep_notice(settings: Settings, task: str, message: str) -> None:
    """notices/<day>-<task>.txt, appended to: what failed, where a person or a monitor looks without mail."""
    path = settings.layout.notices / f"{settings.today.isoformat()}-{task}.txt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(message + "\n")
    except OSError as error:  # our disk may be what failed
        log.error("The notice could not be kept: %s", error)
