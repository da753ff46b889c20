"""Sending messages through Airflow's SMTP connection `smtp_default`."""

from __future__ import annotations

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
    """One message to its recipients. Raises what the SMTP hook raises when the server refuses it."""
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    with SmtpHook(smtp_conn_id=CONNECTION) as smtp:
        smtp.send_email_smtp(
            to=list(message.to), cc=list(message.cc) or None, subject=message.subject, html_content=message.html
        )
