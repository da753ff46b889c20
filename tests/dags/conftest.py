"""A real Airflow in this process: its own home and SQLite database, made once a session, before Airflow is imported.

`airflow_home` is the fixture that every test of a DAG asks for; `mail_server` is a real SMTP server on the loopback, reached through
Airflow's connection `smtp_default`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from operation.airflow_env import airflow_environment
from pamga.settings import Settings
from tests.servers import free_port


@pytest.fixture(scope="session")
def made_airflow(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment that leads to an Airflow whose database is made. Fails when something imported Airflow before it could be set."""
    root = tmp_path_factory.mktemp("airflow")
    if "airflow.configuration" in sys.modules and "AIRFLOW_HOME" not in os.environ:
        pytest.fail("Airflow was imported before the fixture made_airflow could set its environment.")
    environment = airflow_environment(Settings(data=root))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        from airflow.utils.db import initdb

        initdb()
    return environment


@pytest.fixture(scope="module")
def airflow_home(made_airflow: dict[str, str]) -> Iterator[Path]:
    """Airflow's home; its environment ends with the module, since whatever this process tests next has no Airflow."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in made_airflow.items():
            patch.setenv(name, value)
        yield Path(made_airflow["AIRFLOW_HOME"])


@pytest.fixture
def api(airflow_home: Path) -> Any:
    """Airflow's REST API in this process, signed in as the administrator of its simple auth manager."""
    from airflow.api_fastapi.app import create_app, get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from fastapi.testclient import TestClient

    client = TestClient(create_app(apps="core"))
    token = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username="secretariado", role="admin"))
    client.headers["Authorization"] = f"Bearer {token}"
    return client


class MailBox:
    """What a real SMTP server received."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.refused: set[str] = set()
        self.hangs_up = False  # takes the message and breaks the line before it says so

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refused:
            return "550 no such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        self.recipients.append(sorted(envelope.rcpt_tos))
        if self.hangs_up:
            server.transport.abort()
        return "250 OK"

    @property
    def subjects(self) -> list[str]:
        return [str(message["subject"]) for message in self.messages]

    def body(self, number: int) -> str:
        part = self.messages[number].get_body(("html",))
        assert part is not None
        return str(part.get_content())


@pytest.fixture
def mail_server(airflow_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailBox]:
    """A server on a free port of the loopback, and the connection that leads to it."""
    from aiosmtpd.controller import Controller

    box = MailBox()
    port = free_port()  # the controller connects to its own port to see that it is up, so it needs a number
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    monkeypatch.setenv(
        "AIRFLOW_CONN_SMTP_DEFAULT",
        f"smtp://127.0.0.1:{port}/?disable_ssl=true&disable_tls=true&from_email=avisos%40leon.example&retry_limit=1",
    )
    yield box
    controller.stop()
