"""Backup and restore of the three databases where they are PostgreSQL's, each with a role and a password of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from operation.doctor import FAIL, examine
from pamga.backup import back_up, restore
from pamga.documents.deliveries import Manifest
from pamga.errors import PamgaError, UsageError
from pamga.registry import open_registry
from pamga.settings import Settings
from tests.documents import stored
from tests.production.services import Postgres, postgres

pytestmark = pytest.mark.servers

PASSWORD = "a/b#c@d%e:f g'h"
NAMES = ("registry", "airflow", "superset")


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres() as running:
        for role in NAMES:
            running.ask(f"create role {role} login password '{PASSWORD.replace(chr(39), chr(39) * 2)}'")
        yield running


@pytest.fixture
def settings(server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    return fresh(server, tmp_path / "datos", monkeypatch)


def fresh(server: Postgres, data: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation over three empty databases."""
    for name in NAMES:
        server.ask(f"drop database if exists {name} with (force)")
        server.ask(f"create database {name} owner {name}")
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", server.url("airflow", PASSWORD, "airflow"))
    secret = data.parent / f"{data.name}-superset_url"
    secret.write_text(server.url("superset", PASSWORD, "superset"))
    monkeypatch.setenv("PAMGA_SUPERSET_DATABASE_URL_FILE", str(secret))
    monkeypatch.setattr("pamga.registry._at_head", set())  # the addresses stay, and what is there is new
    data.mkdir()
    return Settings(
        data=data, registry_url=server.url("registry", PASSWORD, "registry"), backup=str(data.parent / "respaldo"),
        backup_key=SecretStr("3f9c1e7b5a2d8046b7e1c4d2a9f0e6538d21f0a4c6e9b3573f9c1e7b5a2d8046"),
    )  # fmt: skip


def fill(server: Postgres) -> None:
    for name in ("airflow", "superset"):
        server.ask(
            f"create table cosas (n serial primary key, texto text); insert into cosas (texto) values ('{name}: ñ')",
            name,
        )
        server.ask(f"alter table cosas owner to {name}", name)


def test_everything_comes_back_into_empty_databases(
    server: Postgres, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While somebody writes: each database as it was at one moment."""
    fill(server)
    open_registry(settings).record_reminder("aviso-1", "imju", "Acuerdos", settings.today)
    stop = threading.Event()
    engine = sa.create_engine(server.url("airflow", PASSWORD, "airflow"), poolclass=sa.NullPool)

    def write() -> None:
        while not stop.is_set():
            with engine.begin() as connection:  # always two rows together
                connection.execute(sa.text("insert into cosas (texto) values ('uno'), ('dos')"))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        done = back_up(settings)
    finally:
        stop.set()
        writer.join()
    assert done.databases == ["airflow", "registry", "superset"]
    with pytest.raises(UsageError, match=r"database airflow .* is not empty") as refused:
        restore(settings.model_copy(update={"data": tmp_path / "otra"}))
    assert PASSWORD not in str(refused.value) and "***" in str(refused.value)

    other = fresh(server, tmp_path / "otra", monkeypatch)
    assert restore(other).databases == done.databases
    assert server.ask("select texto from cosas where n = 1", "superset") == "superset: ñ"
    assert server.ask("select count(*) % 2 from cosas where texto <> 'airflow: ñ'", "airflow") == "0"
    assert server.ask("select id from reminders", "registry") == "aviso-1"
    assert server.ask("select tableowner from pg_tables where tablename = 'cosas'", "airflow") == "airflow"
    assert not open_registry(other).record_reminder("aviso-1", "imju", "Acuerdos", other.today)
    server.ask("insert into cosas (texto) values ('sigue')", "superset")  # its counter goes on where it was


def test_databases_that_were_only_just_made_are_replaced(
    server: Postgres, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(server)
    open_registry(settings).record_reminder("aviso-1", "imju", "Acuerdos", settings.today)
    back_up(settings)
    other = fresh(server, tmp_path / "otra", monkeypatch)
    open_registry(other)  # the first start migrated it
    restore(other, replace_databases=True)
    assert server.ask("select id from reminders", "registry") == "aviso-1"


def test_what_refuses_is_said_without_its_password(
    server: Postgres, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", server.url("airflow", "otra/clave", "airflow"))
    with pytest.raises(
        PamgaError, match=r"pg_dump of the database airflow .* password authentication failed"
    ) as refused:
        back_up(settings)
    assert "otra" not in str(refused.value)
    assert not list((settings.layout.root).glob(".tmp-*"))
    with pytest.raises(UsageError, match=r"no backup|no snapshot"):
        restore(settings.model_copy(update={"data": settings.data / "x"}), str(settings.data / "nada"))


def test_the_doctor_sees_a_server_that_answers_and_does_not_serve(
    server: Postgres, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(words: str, part: str = "databases") -> bool:
        checks = [
            check
            for check in examine(settings.model_copy(update={"require_keys": True}), quick=True)
            if check.part == part
        ]
        assert not any(piece in str(checks) for piece in (PASSWORD, "c@d%e", "f g'h"))
        return any(words in check.said and check.state == FAIL and check.mend for check in checks)

    open_registry(settings)
    assert said("superset") and said("no boards were made"), "nothing was put into it yet"
    assert not said("read-only")
    server.ask("alter database registry set default_transaction_read_only = on")
    assert said("read-only")
    server.ask("alter database registry reset default_transaction_read_only")
    server.ask("alter table arrivals rename to arrivals_", "registry")
    settings.layout.version("acuerdos", "2026T3", "imju", 1).mkdir(parents=True)
    manifest = stored(Manifest, {"version": 1, "received_on": "2026-10-10"})
    (settings.layout.version("acuerdos", "2026T3", "imju", 1) / "manifest.json").write_bytes(manifest)
    assert said("The registry is empty")
    server.ask("alter role airflow password 'otra'")
    assert said("password authentication failed")
    server.ask(f"alter role airflow password '{PASSWORD.replace(chr(39), chr(39) * 2)}'")
    server.ask("alter role airflow connection limit 0")
    assert said("too many connections")
    server.ask("alter role airflow connection limit -1")
    server.ask("drop database airflow with (force)")
    assert said("does not exist")
