"""Sending messages through Airflow's SMTP connection `smtp_default`."""

from __future__ import annotations

import smtplib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quality.reminders import Message

CONNECTION = "smtp_default"


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

    from quality.reminders import MayHaveGoneOutError

    class OneAttempt(SmtpHook):
        @property
        def smtp_retry_limit(self) -> int:
            return 0  # the hook's own repetition does not look at what went wrong

    with OneAttempt(smtp_conn_id=CONNECTION) as smtp:
        try:
            smtp.send_email_smtp(
                to=list(message.to), cc=list(message.cc) or None, subject=message.subject, html_content=message.html
            )
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused):
            raise  # the server said no
        except OSError as error:  # also SMTPServerDisconnected: its word on the message never came
            raise MayHaveGoneOutError(f"the line broke while the message was handed over ({error})") from error
