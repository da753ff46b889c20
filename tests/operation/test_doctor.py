"""The doctor names what is not well, with what to do, and nothing that is."""

from __future__ import annotations

import errno
import itertools
import json
import os
import re
import sqlite3
import tempfile
import threading
import time
import types
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from celery import Celery  # type: ignore[import-untyped]
from click.testing import CliRunner
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from ingest.audit import rebuild_registry
from operation import queue
from operation.commands import doctor as command
from operation.doctor import FAIL, OK, WARN, clocks, examine
from operation.doctor.migrations import lines
from pamga.backup import back_up
from pamga.backup.databases import Database, dump_problem
from pamga.backup.snapshots import Snapshot
from pamga.cli import load_settings
from pamga.documents.deliveries import Manifest
from pamga.documents.lock import Lock
from pamga.documents.status import SeenQueue
from pamga.errors import UsageError
from pamga.faults import our_fault
from pamga.filesystem import require_fit
from pamga.registry import open_registry
from pamga.sealing import key_id
from pamga.settings import Settings
from tests.certificates import certificate, shown
from tests.documents import stored
from tests.operation.conftest import HMAC, VAULT
from tests.servers import free_port


def found(settings: Settings, part: str) -> dict[str, str]:
    """What is said of a part, with its state."""
    return {check.said: check.state for check in examine(settings, quick=True) if check.part == part}


def states(settings: Settings, part: str) -> set[str]:
    return set(found(settings, part).values())


def test_a_new_installation_may_work(settings: Settings) -> None:
    checks = examine(settings)
    assert [check for check in checks if check.state == FAIL] == []
    assert all(check.mend for check in checks if check.state != OK)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "no space left"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "may not write"),
        (errno.ESTALE, "stale"),
    ],
)
def test_a_disk_that_is_out_of_order_is_said_as_such(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    def fail(_: Path) -> list[str]:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("operation.doctor.machine.problems_of", fail)
    (check,) = [check for check in examine(settings, quick=True) if check.part == "filesystem"]
    assert check.state == FAIL and said in check.said and "NFS" not in check.mend


@pytest.mark.parametrize(
    ("name", "given"),
    [("PAMGA_DATA", ""), ("PAMGA_DATA", " "), ("PAMGA_DATA", "~/datos"), ("PAMGA_INBOX", "~ana/buzon")],
)
def test_no_folder_is_no_folder(monkeypatch: pytest.MonkeyPatch, name: str, given: str) -> None:
    """An empty setting would strew the data over whatever folder somebody stands in; `~` would be a folder of that name there."""
    monkeypatch.setenv(name, given)
    with pytest.raises(UsageError, match=f"{name}: .*(it is empty|only a shell)"):
        load_settings()


def test_a_path_below_a_file_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "archivo").write_text("")
    with pytest.raises(OSError) as refused:
        require_fit(tmp_path / "archivo" / "datos")
    assert "no folder" in str(our_fault(refused.value))


def test_the_inbox_is_looked_into(settings: Settings, tmp_path: Path) -> None:
    assert states(settings, "inbox") == {WARN}  # the first delivery makes it
    settings.layout.inbox.mkdir()
    (settings.layout.inbox / "imju").mkdir()
    (settings.layout.inbox / "imju" / "acuerdos_2026T3.csv").symlink_to("/etc/passwd")
    assert states(settings, "inbox") == {WARN, OK}
    for wrong in (str(tmp_path / "no"), "sftp://oficina:clave@127.0.0.1:9/buzon", "https://oficina:clave@127.0.0.1:9/"):
        said = found(settings.model_copy(update={"inbox": wrong}), "inbox")
        assert set(said.values()) == {FAIL} and "clave" not in str(said), wrong


@pytest.mark.parametrize("wrong", ["s3:/cubeta", "gs://cubeta/x", "ftp://u:secreta@h/x", "sftp:/h/x"])
def test_an_inbox_that_is_no_place_is_refused(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("PAMGA_INBOX", wrong)
    with pytest.raises(UsageError, match="neither a folder nor an address") as refused:
        load_settings()
    assert "secreta" not in str(refused.value)


def test_other_keys_than_those_of_what_is_kept(settings: Settings) -> None:
    version = settings.layout.version("acuerdos", "2026T3", "imju", 1)
    version.mkdir(parents=True)
    manifest = {"hmac_key_id": key_id(HMAC.encode()), "received_on": "2026-10-10", "version": 1}
    (version / "manifest.json").write_bytes(stored(Manifest, manifest))
    (settings.layout.vault / "ab").mkdir(parents=True)
    (settings.layout.vault / "ab" / "ab.enc").write_bytes(
        b"PAMGAV01" + key_id(bytes.fromhex(VAULT)).encode() + b"\0" * 30
    )
    assert states(settings, "keys") == {OK}
    other = settings.model_copy(update={"hmac_key": SecretStr(HMAC[::-1]), "vault_key": SecretStr(VAULT[::-1])})
    said = found(other, "keys")
    assert set(said.values()) == {FAIL} and len(said) == 2
    assert not any(key in text for text in said for key in (HMAC, VAULT, HMAC[::-1], VAULT[::-1]))


def test_a_weak_key_in_its_file_and_none_at_all(settings: Settings) -> None:
    without = settings.model_copy(update={"hmac_key": None, "vault_key": None})
    assert states(without, "keys") == {WARN}
    assert states(without.model_copy(update={"require_keys": True}), "keys") == {FAIL}
    settings.layout.keys.mkdir(exist_ok=True)
    (settings.layout.keys / "hmac.key").write_text("a")
    assert FAIL in states(without, "keys")


def test_rights_of_others_and_a_restore_that_was_interrupted(settings: Settings) -> None:
    settings.layout.lake.mkdir(exist_ok=True)
    settings.layout.lake.chmod(0o777)
    assert FAIL in states(settings, "filesystem")
    (settings.layout.root / ".restoring").mkdir()
    assert states(settings, "restore") == {FAIL}


def test_the_disk(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for free, state in ((50e9, OK), (5e9, WARN), (0.5e9, FAIL)):
        usage = type("Usage", (), {"free": free, "total": 100e9})
        monkeypatch.setattr("shutil.disk_usage", lambda _, usage=usage: usage)
        assert states(settings, "disk") == {state}


@pytest.mark.parametrize("how", ["other bytes", "cut off", "a page of zeros", "empty pages at the end"])
def test_a_damaged_registry_is_seen_and_made_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Whatever a disk makes of it: the doctor says so, a command says the way out in a line, and the way out works."""
    path = settings.layout.registry
    registry = open_registry(settings)
    for number in range(300):
        registry.record_reminder(f"aviso-{number}", "imju", "Acuerdos" * 20, settings.today)
    whole = path.read_bytes()
    damaged = {
        "other bytes": b"no es una base" * 4000, "cut off": whole[: len(whole) // 2 // 4096 * 4096], "a page of zeros": whole[:8192] + b"\0" * 8192 + whole[16384:],
        "empty pages at the end": whole[:-20_480] + b"\0" * 20_480,
    }[how]  # fmt: skip
    path.write_bytes(damaged)
    said = found(settings, "databases")
    assert any(state == FAIL and "registry" in text and "damaged" in text for text, state in said.items())
    with pytest.raises(sa.exc.DatabaseError) as refused:
        open_registry(settings).arrivals()
        open_registry(settings).record_reminder("otro", "imju", "Acuerdos", settings.today)
        sa.create_engine(settings.registry_sqlalchemy_url).connect().execute(sa.text("select * from reminders")).all()
    assert "audit --registro" in str(our_fault(refused.value))
    settings.layout.log.mkdir(parents=True)
    settings.layout.inbox.mkdir()
    assert rebuild_registry(settings)["arrivals"] == 0
    assert FAIL not in states(settings, "databases") and open_registry(settings).arrivals() == []
    (aside,) = path.parent.glob("registry.db.damaged-*")
    assert aside.read_bytes() == damaged and aside.stat().st_mode & 0o077 == 0o040


def test_clocks_that_do_not_agree(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert abs(clocks(settings)["the data folder"]) < 1 and states(settings, "clock") == {OK}
    silent = settings.model_copy(update={"registry_url": "postgresql+psycopg2://pamga:clave@127.0.0.1:9/pamga"})
    assert set(clocks(silent)) == {"the data folder"}, "what does not answer is another part's business"
    now = time.time
    for seconds, word in ((-3600.0, "behind"), (3600.0, "ahead of")):
        monkeypatch.setattr("operation.doctor.machine.time.time", lambda off=seconds: now() + off)
        ((said, state),) = found(settings, "clock").items()
        told = re.search(rf"clock is (\d+) s {word} that of the data folder", said)
        assert state == FAIL and told and 3000 < int(told[1]) <= 3600, said
    shown = itertools.chain([now() - 40], itertools.repeat(now() + 40))
    monkeypatch.setattr("operation.doctor.machine.time.time", lambda: next(shown))
    assert clocks(settings) == {"the data folder": 0}, "a look that takes long is no difference"
    monkeypatch.setattr("operation.doctor.machine.time.time", now)
    assert not list(settings.layout.root.glob(".tmp-*"))


def test_a_database_that_does_not_answer_is_named_without_its_password(settings: Settings) -> None:
    url = "postgresql+psycopg2://pamga:cl%40ve%2Fsecreta@127.0.0.1:9/pamga"
    said = found(settings.model_copy(update={"registry_url": url}), "databases")
    (failed,) = [text for text, state in said.items() if state == FAIL]
    assert "registry" in failed and "127.0.0.1" in failed and "secreta" not in failed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            {"metadatabase": {"status": "healthy"}, "scheduler": {"status": "unhealthy"}, "dag_processor": None},
            {OK, FAIL},
        ),
        ({"scheduler": {"status": "healthy"}, "triggerer": {"status": None}}, {OK, FAIL}),
        ({"scheduler": {"status": "healthy"}}, {OK}),
        (["otra cosa"], {FAIL}),
        (None, {FAIL}),
    ],
)
def test_a_part_of_airflow_that_is_silent(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, answer: object, expected: set[str]
) -> None:
    """Nothing is red where nothing runs: a scheduler that hangs shows nowhere else."""
    assert states(settings, "airflow") == set()  # nobody said where it is
    with serving(answer) as url:
        monkeypatch.setenv("PAMGA_AIRFLOW_URL", url)
        said = found(settings, "airflow")
    assert set(said.values()) == expected
    if answer and "scheduler" in str(answer) and FAIL in expected:
        (check,) = [check for check in examine(settings, quick=True) if check.part == "airflow"]
        assert check.state == FAIL and "airflow-api" in check.mend  # by now it is gone


@contextmanager
def serving(document: object) -> Iterator[str]:
    """An API that answers this to whatever is asked; None: 500."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if document is not None else 500)
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(("slots", "state"), [(1, OK), (2, FAIL), (None, WARN)])
def test_the_pool_has_one_slot(settings: Settings, slots: int | None, state: str) -> None:
    home = settings.layout.root / "airflow"
    home.mkdir()
    with closing(sqlite3.connect(home / "airflow.db")) as connection:
        connection.execute("create table slot_pool (pool text, slots int)")
        if slots is not None:
            connection.execute("insert into slot_pool values ('construccion', ?)", (slots,))
        connection.commit()
    assert states(settings, "pool") == {state}
    if slots is None:
        assert states(settings.model_copy(update={"require_keys": True}), "pool") == {FAIL}


@pytest.fixture
def smtp_port() -> Iterator[int]:
    from aiosmtpd.controller import Controller

    port = free_port()
    controller = Controller(object(), hostname="127.0.0.1", port=port)
    controller.start()
    yield port
    controller.stop()


def test_the_mail_server(settings: Settings, smtp_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert states(settings, "mail") == {WARN}
    address = "smtp://127.0.0.1:{}/?disable_ssl=true&disable_tls=true&from_email=pamga%40leon.example"
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", address.format(smtp_port))
    told = settings.model_copy(update={"alert_email": "ti@leon.example", "addresses": tmp_path / "correos.yaml"})
    assert states(told, "mail") == {OK}
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", address.format(9))
    assert states(told, "mail") == {FAIL}
    monkeypatch.delenv("AIRFLOW_CONN_SMTP_DEFAULT")
    (tmp_path / "connections.env").write_text(f"smtp_default={address.format(smtp_port)}\n")
    where = json.dumps({"connections_file_path": str(tmp_path / "connections.env")})
    (tmp_path / "airflow.cfg").write_text(f"[secrets]\nbackend_kwargs = {where}\n")
    monkeypatch.setenv("AIRFLOW_CONFIG", str(tmp_path / "airflow.cfg"))
    assert states(told, "mail") == {OK}


@pytest.mark.parametrize(
    "address",
    ["smtp://ti:cla/ve-secreta@correo.leon.example:25", "smtp://", "correo.leon.example", "smtp://a:b@h:veinticinco"],
)
def test_an_address_of_mail_that_is_none_is_said_without_its_password(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", address)
    said = found(settings, "mail")
    assert set(said.values()) == {FAIL} and not any("cla" in text or "localhost" in text for text in said)


@pytest.mark.parametrize(
    ("ours", "state"), [("15.14 (Debian 15.14-0+deb12u1)", OK), ("17.2", OK), ("14.9", FAIL), (None, FAIL)]
)
def test_a_pg_dump_that_cannot_dump_the_server(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ours: str | None, state: str
) -> None:
    """The nightly backup would fail from the day on which the server got its next version."""
    folder = tmp_path / "bin"
    folder.mkdir()
    if ours:
        (folder / "pg_dump").write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {ours}'\n")
        (folder / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/bin" if ours else str(folder))
    monkeypatch.setattr("sqlalchemy.create_engine", lambda *_, **__: Server())
    database = Database("registry", make_url("postgresql+psycopg2://pamga:clave@servidor/pamga"))
    problem = dump_problem(database)
    assert (problem is None) == (state == OK)
    assert problem is None or "registry" in problem[0]


class Server:
    """What a PostgreSQL 15 says of its version."""

    def connect(self) -> Server:
        return self

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None: ...

    def exec_driver_sql(self, _: str) -> Server:
        return self

    def scalar_one(self) -> str:
        return "150014"


def test_the_backups_age(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert states(settings, "backup") == {WARN}
    assert states(settings.model_copy(update={"require_keys": True}), "backup") == {FAIL}
    kept = settings.model_copy(update={"backup": str(tmp_path / "respaldo"), "backup_key": SecretStr(VAULT)})
    assert states(kept, "backup") == {FAIL}  # there is none yet
    back_up(kept)
    assert states(kept, "backup") == {OK, WARN}
    assert "lies on the disk of the data" in next(
        text for text, state in found(kept, "backup").items() if state == WARN
    )
    with tempfile.TemporaryDirectory(dir="/dev/shm") as other:  # a file system of its own on every Linux
        elsewhere = kept.model_copy(update={"backup": other})
        back_up(elsewhere)
        assert states(elsewhere, "backup") == {OK}
    assert WARN in states(_unsealed(settings, tmp_path), "backup")
    old = datetime.now(UTC) - timedelta(hours=49)
    monkeypatch.setattr(Snapshot, "taken", property(lambda _: old))
    assert states(kept, "backup") == {FAIL, WARN}


def _unsealed(settings: Settings, tmp_path: Path) -> Settings:
    plain = settings.model_copy(update={"backup": str(tmp_path / "abierto")})
    back_up(plain)
    return plain


def test_superset_where_it_should_be(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMGA_SUPERSET_URL", "http://127.0.0.1:9")
    assert states(settings, "superset") == {FAIL}


def test_boards_without_their_run(settings: Settings) -> None:
    release = settings.layout.release("2026T3-r01")
    release.mkdir(parents=True)
    (release / "inputs.lock").write_bytes(stored(Lock, {"run": "2026T3-r01-abc"}))
    settings.layout.current.symlink_to("2026T3-r01")
    assert "2026T3-r01-abc is gone" in str(found(settings, "boards")) and states(settings, "boards") == {FAIL}


def test_a_part_that_cannot_be_looked_at_stops_no_other(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: 1 / 0)
    assert states(settings, "disk") == {FAIL} and states(settings, "keys") == {OK}


def test_the_command_says_it_in_its_exit_code_and_in_json(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMGA_DATA", str(settings.data))
    well = CliRunner().invoke(command, ["--json", "--rapido"])
    document: dict[str, Any] = json.loads(well.output)
    assert (well.exit_code, document["state"]) == (0, WARN)
    (settings.layout.root / ".restoring").mkdir()
    ill = CliRunner().invoke(command, ["--rapido"])
    assert ill.exit_code == 3 and "FALLA  restore" in ill.output and "→ Run `pamga restore` again" in ill.output


# --- Certificate, queue, migrations, SFTP ------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("days", "trusted", "state", "said"),
    [
        (60, True, OK, "ends in 60 days"),
        (15, True, WARN, "ends in 15 days"),
        (3, True, FAIL, "ends in 3 days"),
        (-1, True, FAIL, "has ended"),
        (60, False, WARN, "No browser takes"),
        (3, False, FAIL, "ends in 3 days"),
    ],
)
def test_the_end_of_the_certificate_is_seen_before_the_citizens_see_it(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    days: float,
    trusted: bool,
    state: str,
    said: str,
) -> None:
    path = certificate(tmp_path, days + 0.01)
    monkeypatch.setenv("SSL_CERT_FILE", str(path if trusted else certificate(tmp_path, 50.5, "otra")))
    with shown(path) as port:
        here = {"base_url": f"https://localhost:{port}/", "dashboards_url": ""}
        (check,) = [one for one in examine(settings.model_copy(update=here), quick=True) if one.part == "certificate"]
        assert check.state == state and said in check.said and (check.mend or state == OK)
        monkeypatch.setenv("PAMGA_PROXY", f"localhost:{port}")
        elsewhere = settings.model_copy(update={"base_url": "https://datos.leon.example/", "dashboards_url": ""})
        (check,) = [one for one in examine(elsewhere, quick=True) if one.part == "certificate"]
        assert check.state == (FAIL if state == FAIL or trusted else WARN), "a name that is not the certificate's"
    monkeypatch.delenv("PAMGA_PROXY")
    away = settings.model_copy(update={"base_url": "https://127.0.0.1:9/", "dashboards_url": ""})
    assert states(away, "certificate") == {WARN}
    assert states(settings, "certificate") == set(), "the embedded default has no TLS"


SEEN = SeenQueue(
    seen="2026-10-20T12:00:00+00:00", in_broker=0, queued=0, oldest_seconds=0.0, silent=0, workers=["celery@a"], deaf=[], clock_seconds=0.0
)  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, {OK}),
        ({"workers": []}, {FAIL}),
        ({"workers": [], "queued": 7, "oldest_seconds": 90.0}, {FAIL}),
        ({"queued": 3, "oldest_seconds": 30.0}, {OK}),
        ({"queued": 3, "oldest_seconds": 900.0}, {WARN}),
        ({"silent": 1}, {FAIL}),
        ({"deaf": ["celery@b"]}, {FAIL}),
    ],
)
def test_a_queue_that_nobody_takes_from(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], expected: set[str]
) -> None:
    """What is made of what is seen; tests/production looks at a real queue with real workers."""
    assert states(settings, "queue") == set(), "the embedded default has none"
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setattr("operation.queue.look", lambda _: SEEN.model_copy(update=changed))
    assert states(settings, "queue") == expected
    monkeypatch.undo()


@pytest.mark.slow
def test_a_queue_is_looked_at_through_its_broker(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("AIRFLOW__CELERY__BROKER_URL", "redis://broker:cl%40ve@127.0.0.1:9/0")
    said = found(settings, "queue")
    assert set(said.values()) == {FAIL} and "cl" + "%40ve" not in str(said)
    monkeypatch.setenv("AIRFLOW__CELERY__BROKER_URL", "memory://")
    with Celery(broker="memory://").connection_for_write() as connection:
        connection.SimpleQueue("default").put({"a": 1})
    assert queue.look(settings).in_broker == 1
    assert states(settings, "queue") == {FAIL}, "nobody takes it"


@pytest.mark.parametrize(("revision", "said"), [("0001", "of older code"), ("9999", "of newer code"), (None, None)])
def test_tables_of_another_version(settings: Settings, revision: str | None, said: str | None) -> None:
    if revision:
        with closing(sqlite3.connect(settings.layout.registry)) as connection:
            connection.execute("update alembic_version set version_num = ?", (revision,))
            connection.commit()
    told = found(settings, "migrations")
    assert set(told.values()) == {FAIL if said else OK} and (said is None or said in str(told))


@pytest.mark.parametrize("name", ["airflow", "superset"])
def test_the_newest_migration_of_others_is_found(settings: Settings, name: str) -> None:
    """Of every line that is installed here there is one newest revision, and the tables of before are told from those of today."""
    found_lines = [line for line in lines(settings) if line.database == name]
    assert found_lines or name == "superset"
    for line in found_lines:
        known, newest = line.revisions()
        assert len(newest) == 1 and newest < known, line.of
        engine = sa.create_engine("sqlite://")
        with engine.connect() as connection:
            assert line.problem(connection) is None, "never made"
            connection.execute(sa.text(f"create table {line.table} (version_num text)"))
            for revision, problem in (
                (*newest, None),
                (min(known - newest), "of older code"),
                ("zzz", "of newer code"),
            ):
                connection.execute(sa.text(f"delete from {line.table}"))
                connection.execute(sa.text(f"insert into {line.table} values (:at)"), {"at": revision})
                said = line.problem(connection)
                assert said is None if problem is None else said is not None and problem in said


def test_the_keys_by_which_departments_know_the_server(settings: Settings) -> None:
    assert states(settings, "sftp") == set(), "nobody comes by SFTP"
    inbox = settings.layout.inbox
    (inbox / "imju" / "entregas").mkdir(parents=True)
    assert states(settings, "sftp") == {FAIL}
    (inbox / ".sftp").write_text("SHA256:abc (ED25519)\nSHA256:def (RSA)\n")
    assert found(settings, "sftp") == {"The SFTP server has its host keys: SHA256:abc (ED25519), SHA256:def (RSA).": OK}
    (inbox / ".sftp.before").write_text("SHA256:xyz (ED25519)\nSHA256:def (RSA)\n")
    assert states(settings, "sftp") == {FAIL}


def test_every_disk_that_is_written_to_is_looked_at(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as other:  # a file system of its own on every Linux
        monkeypatch.setattr("tempfile.gettempdir", lambda: other)
        said = found(settings, "disk")
    assert len(said) == 2 and any("temporary files" in text and "the data" not in text for text in said)
    usage = types.SimpleNamespace(free=5e8, total=1e12)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    assert states(settings, "disk") == {FAIL}
