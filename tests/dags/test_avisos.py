"""Reminders for real: the DAG, Airflow's SMTP connection, a server that receives."""

from __future__ import annotations

import json
import os
import re
import socket
from pathlib import Path

import duckdb
import pytest

from pamga.errors import PamgaError
from pamga.settings import Settings
from tests.dags.conftest import MailBox
from tests.dags.people import states_of

pytestmark = pytest.mark.slow


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PAMGA_DATA", str(tmp_path))
    monkeypatch.setenv("PAMGA_HOY", "2026-10-15")
    return tmp_path


def test_reminders_go_out_once_per_event(mail_server: MailBox, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert states_of("avisos_entregas") == {"avisar": "success"}
    assert len(mail_server.messages) == 3  # the three offices of the plan owe 2026T3
    assert all("Hoy es el último día" in subject for subject in mail_server.subjects)
    assert any("presupuesto_participativo/acuerdos_2026T3" in mail_server.body(i) for i in range(3))

    states_of("avisos_entregas")
    assert len(mail_server.messages) == 3

    monkeypatch.setenv("PAMGA_HOY", "2026-10-30")
    states_of("avisos_entregas")
    assert len(mail_server.messages) == 6
    assert all("secretariado.gobierno.abierto@leon.example" in to for to in mail_server.recipients[3:])
    assert len(list((data / "lake" / "_log" / "reminders").glob("*.json"))) == 6


def test_an_address_that_the_server_refuses_keeps_no_other_office_waiting(mail_server: MailBox, data: Path) -> None:
    from operation import mail
    from reminders.deliveries import delivery_reminders
    from reminders.sending import send_once

    settings = Settings()
    messages = delivery_reminders(settings)
    mail_server.refused = {messages[0].to[0]}
    with pytest.raises(PamgaError, match="1 of 3 messages could not be sent"):
        send_once(settings, messages, mail.send)
    assert mail_server.recipients == [list(message.to) for message in messages[1:]]
    mail_server.refused = set()
    assert [message.id for message in send_once(settings, messages, mail.send)] == [messages[0].id]


def test_a_line_that_breaks_after_the_message_makes_no_second_one(mail_server: MailBox, data: Path) -> None:
    from operation import mail
    from reminders.deliveries import delivery_reminders
    from reminders.sending import send_once

    settings = Settings()
    messages = delivery_reminders(settings)
    mail_server.hangs_up = True
    with pytest.raises(PamgaError, match="3 of 3 messages could not be sent"):
        send_once(settings, messages, mail.send)
    mail_server.hangs_up = False
    assert send_once(settings, messages, mail.send) == []
    assert len(mail_server.messages) == 3


def test_without_a_server_nothing_is_lost(mail_server: MailBox, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from operation import mail
    from reminders.deliveries import delivery_reminders
    from reminders.sending import send_once

    settings = Settings()
    messages = delivery_reminders(settings)
    here = os.environ["AIRFLOW_CONN_SMTP_DEFAULT"]
    with socket.socket() as closed:  # bound, and nobody listens
        closed.bind(("127.0.0.1", 0))
        nobody = re.sub(r":\d+/", f":{closed.getsockname()[1]}/", here)
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", nobody)
        with pytest.raises(PamgaError, match="3 of 3 messages could not be sent"):
            send_once(settings, messages, mail.send)
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", here)
    assert len(send_once(settings, messages, mail.send)) == 3


def test_quiet_when_nothing_is_due(mail_server: MailBox, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMGA_HOY", "2026-12-20")
    assert states_of("avisos_entregas") == {"avisar": "skipped"}
    assert mail_server.messages == []


def test_without_connection_nothing_counts_as_sent(airflow_home: Path, data: Path) -> None:
    assert states_of("avisos_entregas") == {"avisar": "skipped"}
    assert not (data / "lake" / "_log" / "reminders").exists()


def test_weekly_list_of_open_agreements(mail_server: MailBox, data: Path) -> None:
    folder = Settings().layout.run("latest")
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute(
            """create schema marts;
            create table marts.acuerdos_abiertos as select * from (values
                ('A-1', 'Obras Públicas', 'bacheo', 'Centro', 'F-9', date '2026-08-20', date '2026-09-20'),
                ('A-2', 'Obras Públicas', '<b>alumbrado</b>', null, null, date '2026-09-20', date '2026-10-20'),
                ('A-3', 'SAPAL', 'agua', null, null, date '2026-09-20', date '2026-10-15')
            ) as v (acuerdo_id, dependencia, tema, colonia, folio_sac, fecha_acuerdo, fecha_limite);
            create table marts.directorio as select 'OBRAS PUBLICAS' as dependencia, 'obras@leon.example' as correo"""
        )
    assert states_of("seguimiento_acuerdos") == {"enviar_listas": "success"}
    states_of("seguimiento_acuerdos")
    assert mail_server.recipients == [["obras@leon.example"], ["presupuesto.participativo@leon.example"]]
    works = mail_server.body(0)
    assert "25 días de retraso" in works
    assert "faltan 5 días" in works
    assert "&lt;b&gt;alumbrado" in works
    assert "vence hoy" in mail_server.body(1)
    entries = [json.loads(path.read_text()) for path in (data / "lake" / "_log" / "reminders").glob("*.json")]
    assert {entry["clase"] for entry in entries} == {"acuerdos"}
    assert len(entries) == 2
