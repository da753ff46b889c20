"""Sending messages and alerts through Airflow's SMTP connection `smtp_default`."""

from __future__ import annotations

import logging
import smtplib
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reminders.sending import Message

CONNECTION = "smtp_default"

log = logging.getLogger("pamga.dags")


def connection_exists() -> bool:
    """Whether this Airflow has an SMTP connection; without one nothing is sent and nothing counts as sent."""
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError

    try:
        Connection.get(CONNECTION)
    except (AirflowNotFoundException, AirflowRuntimeError):  # in this process, or through the API server
        return False
    return True


def send(message: Message) -> None:
    """One message to its recipients, in one attempt: whoever calls tries again, and knows what may be tried again.

    Raises MayHaveGoneOutError when the line broke after the message was begun, else what the SMTP hook raises.
    """
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    from reminders.sending import MayHaveGoneOutError

    class OneAttempt(SmtpHook):
        @property
        def smtp_retry_limit(self) -> int:
            return 0  # the hook's own repetition does not look at what went wrong

    with OneAttempt(smtp_conn_id=CONNECTION) as smtp:
        try:
            smtp.send_email_smtp(
                to=list(message.to),
                cc=list(message.cc) or None,
                subject=message.subject,
                html_content=message.html,
                files=[str(path) for path in message.files] or None,
            )
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused):
            raise  # the server said no
        except OSError as error:  # also SMTPServerDisconnected: its word on the message never came
            raise MayHaveGoneOutError(f"the line broke while the message was handed over ({error})") from error


def alert(to: str, subject: str, message: str) -> bool:
    """Mail a plain text to whoever must see to a failure. False when it did not go out."""
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    try:
        with SmtpHook() as smtp:
            body = f'<pre style="white-space: pre-wrap">{escape(message)}</pre>'
            smtp.send_email_smtp(to=to, subject=f"[pamga] {subject}", html_content=body)
    except Exception as error:  # whatever the server or the line said: the notice must still get out
        log.error("The notice could not be mailed: %s", error)
        return False
    return True
