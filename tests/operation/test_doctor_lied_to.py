"""Something is broken in a way that still answers: the doctor says which part, why and what to do, in seconds, and tells no secret."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import threading
import time
import types
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ingest.privacy.keys import hmac_key
from operation.doctor import FAIL, OK, WARN, Check, Found, examine
from operation.doctor.examination import Look
from operation.doctor.hidden import pieces_of_secrets, without_ours
from pamga.backup import back_up
from pamga.documents.deliveries import Manifest
from pamga.documents.lock import Lock
from pamga.faults import first_line
from pamga.settings import Settings
from tests.certificates import certificate, shown
from tests.documents import stored
from tests.operation.conftest import HMAC, VAULT
from tests.operation.test_doctor import serving
from tests.servers import serving as served

PASSWORD = "xyzzy/plugh"
SPACE = {"f_bavail": 10**9, "f_bfree": 10**9, "f_blocks": 10**9, "f_frsize": 4096}


def told(settings: Settings, part: str) -> list[Check]:
    """What is said of a part that is not well: a cause and a remedy, and no secret."""
    checks = [check for check in examine(settings, quick=part != "backup") if check.part == part and check.state != OK]
    for check in checks:
        text = f"{check.said} {check.mend}"
        assert check.said and check.mend and "Traceback" not in text and "\n" not in text
        assert not any(secret in text for secret in (HMAC, VAULT, *PASSWORD.split("/"))), text
    return checks


def only(settings: Settings, part: str, state: str, said: str) -> Check:
    checks = [check for check in told(settings, part) if said in check.said]
    assert [check.state for check in checks] == [state], told(settings, part)
    return checks[0]


@contextmanager
def listening(take: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port of a server that gives each connection to `take`, one after another."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                taken, _ = listener.accept()
            except OSError:
                return
            take(taken)

    threading.Thread(target=serve, daemon=True).start()
    with listener:
        yield int(listener.getsockname()[1])


@contextmanager
def answering(answer: bytes | None) -> Iterator[int]:
    """A server that takes every connection and whatever is sent, and says this to each line of it (None: nothing, ever; empty: it hangs up)."""
    held: list[socket.socket] = []

    def take(taken: socket.socket) -> None:
        held.append(taken)
        if answer is not None:
            threading.Thread(target=_say, args=(taken, answer), daemon=True).start()

    with listening(take) as port:
        try:
            yield port
        finally:
            for taken in held:
                taken.close()


def _say(taken: socket.socket, answer: bytes) -> None:
    try:
        while answer and taken.recv(4096):
            taken.sendall(answer)
    except OSError:
        return
    finally:
        taken.close()


@pytest.mark.slow
def test_what_never_answers_holds_up_nobody(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it at once: databases, mail, Airflow, Superset, bucket, inbox, proxy."""
    monkeypatch.setattr("operation.doctor.examination.PART_SECONDS", 3)
    # what is well takes its time on a busy machine
    monkeypatch.setattr("operation.doctor.examination._AS_LONG_AS_IT_TAKES", {"disk"})
    with answering(None) as port:
        url = f"postgresql+psycopg2://pamga:{PASSWORD}@127.0.0.1:{port}/pamga"
        monkeypatch.setenv("PAMGA_SUPERSET_DATABASE_URL", url)
        monkeypatch.setenv("PAMGA_SUPERSET_URL", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("PAMGA_AIRFLOW_URL", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "cuenta")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", PASSWORD)
        monkeypatch.setenv(
            "AIRFLOW_CONN_SMTP_DEFAULT", f"smtp://127.0.0.1:{port}/?disable_ssl=true&from_email=a%40b.example"
        )
        everywhere = {
            "registry_url": url, "airflow_database_url": url, "backup": "s3://cubeta/respaldo", "inbox": f"https://oficina:plugh@127.0.0.1:{port}/",
            "base_url": f"https://127.0.0.1:{port}/",
        }  # fmt: skip
        checks = examine(settings.model_copy(update=everywhere), quick=True)
    ill = {check.part for check in checks if check.state == FAIL}
    assert {"databases", "airflow", "superset", "backup", "inbox", "mail", "pool"} <= ill
    assert {check.state for check in checks if check.part == "disk"} <= {OK, WARN}, "and the others are looked at"
    assert not any(piece in str(checks) for piece in PASSWORD.split("/"))


def test_what_is_found_in_the_last_moment_is_said(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The look ends just when its time is over: what it found is neither lost nor taken for well."""
    go, alive = threading.Event(), Look.is_alive

    def look(_: Settings) -> Iterator[Found]:
        go.wait()
        yield Found(FAIL, "tarde", "Mírelo.")

    def ends_meanwhile(one: Look) -> bool:
        was = alive(one)
        go.set()
        one.join()
        return was

    monkeypatch.setattr(Look, "is_alive", ends_meanwhile)
    assert "tarde" in {check.said for check in Look("mail", look, settings).checks(time.monotonic())}


def test_things_of_another_account(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    (settings.layout.lake / "export=acuerdos").mkdir(parents=True)
    closed = settings.layout.lake / "export=acuerdos"
    may = os.access
    monkeypatch.setattr("os.access", lambda path, mode: Path(path) != closed and may(path, mode))
    assert "chown" in only(settings, "filesystem", FAIL, f"may not work in {closed}").mend
    monkeypatch.undo()
    for name in ("lost+found", "nota.txt"):
        (settings.layout.root / name).mkdir()
        os.chown(settings.layout.root / name, 4242, 4242)
    assert told(settings, "filesystem") == [], "what others keep beside it"
    os.chown(closed, 4242, 4242)
    only(settings, "filesystem", WARN, "belong to another account")


def test_a_disk_without_room_for_another_file(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for free, state in ((20, FAIL), (40_000, WARN)):
        monkeypatch.setattr(
            "os.statvfs", lambda _, free=free: types.SimpleNamespace(**SPACE, f_files=1_000_000, f_favail=free)
        )
        assert "inodes" in only(settings, "disk", state, f"room for {free} more files").said
    monkeypatch.setattr(
        "os.statvfs", lambda _: types.SimpleNamespace(**SPACE, f_files=0, f_favail=0)
    )  # btrfs counts none
    assert not [check for check in told(settings, "disk") if "inodes" in check.said]


def landed(settings: Settings, **facts: Any) -> None:
    version = settings.layout.version("acuerdos", "2026T3", "imju", 1)
    version.mkdir(parents=True)
    (version / "manifest.json").write_bytes(stored(Manifest, {"version": 1, "received_on": "2026-10-10", **facts}))


def test_a_clock_that_all_of_this_machine_believe(settings: Settings) -> None:
    landed(settings, received_on="2099-01-01")
    assert "timedatectl" in only(settings, "clock", FAIL, "by the clock").mend


@pytest.mark.parametrize("around", ["{}\n", "{}\r\n", "\ufeff{}\r\n", "{}\n\n", " {} "])
def test_what_an_editor_adds_to_a_kept_key_is_none_of_it(settings: Settings, around: str) -> None:
    kept = settings.model_copy(update={"hmac_key": None})
    settings.layout.keys.mkdir(exist_ok=True)
    (settings.layout.keys / "hmac.key").write_text(around.format(HMAC), encoding="utf-8")
    assert hmac_key(kept) == HMAC.encode()
    assert told(kept, "keys") == []


@pytest.mark.parametrize("content", [b"\xff\xfe3\0f\0", b"no son digitos", VAULT[:-2].encode(), b""])
def test_a_kept_key_that_is_none(settings: Settings, content: bytes) -> None:
    kept = settings.model_copy(update={"vault_key": None})
    settings.layout.keys.mkdir(exist_ok=True)
    (settings.layout.keys / "vault.key").write_bytes(content)
    assert [check.state for check in told(kept, "keys")] == [FAIL]


def test_a_registry_that_was_emptied_beside_a_full_lake(settings: Settings) -> None:
    landed(settings)
    with closing(sqlite3.connect(settings.layout.registry)) as connection:
        for (table,) in connection.execute(
            "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
        ).fetchall():
            connection.execute(f"drop table {table}")
        connection.commit()
    assert "audit --registro" in only(settings, "databases", FAIL, "The registry is empty").mend
    settings.layout.registry.unlink()
    only(settings, "databases", FAIL, "The registry is empty")


def test_a_database_that_may_only_be_read(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    may = os.access
    monkeypatch.setattr(
        "os.access", lambda path, mode: not (str(path).endswith("registry.db") and mode & os.W_OK) and may(path, mode)
    )
    only(settings, "databases", FAIL, "it is read-only")


@pytest.mark.parametrize(
    ("answer", "said", "mend"),
    [
        (b"-WRONGPASS invalid username-password pair or user is disabled.\r\n", "username-password", "make_secrets.py"),
        (b"-OOM command not allowed when used memory > 'maxmemory'.\r\n", "maxmemory", "full"),
        (b"-MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.\r\n", "persist to disk", "disk"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "cannot be looked at", "redis"),
        (b"", "cannot be looked at", "redis"),
    ],
)  # fmt: skip
def test_a_queue_that_refuses(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, answer: bytes, said: str, mend: str
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    with answering(answer) as port:
        monkeypatch.setenv(
            "AIRFLOW__CELERY__BROKER_URL", f"redis://broker:{PASSWORD.replace('/', '%2F')}@127.0.0.1:{port}/0"
        )
        assert mend in only(settings, "queue", FAIL, said).mend


def test_an_address_of_the_queue_that_is_none(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a library quotes of it is a piece of the password."""
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("AIRFLOW__CELERY__BROKER_URL", f"redis://broker:{PASSWORD}@127.0.0.1:6379/0")
    only(settings, "queue", FAIL, "cannot be looked at")


def mail(
    monkeypatch: pytest.MonkeyPatch, port: int, account: str = "", sender: str = "&from_email=pamga%40leon.example"
) -> None:
    monkeypatch.setenv(
        "AIRFLOW_CONN_SMTP_DEFAULT", f"smtp://{account}127.0.0.1:{port}/?disable_ssl=true&disable_tls=true{sender}"
    )


@contextmanager
def mail_server(refuses: bytes = b"") -> Iterator[int]:
    """SMTP that knows every account and takes every message but one whose command begins so."""

    def take(taken: socket.socket) -> None:
        with taken, taken.makefile("rb") as lines:
            taken.sendall(b"220 correo\r\n")
            for line in lines:
                if line.upper().startswith(b"QUIT"):
                    break
                no = refuses and line.upper().startswith(refuses)
                says = {b"EHLO": b"250-correo\r\n250 AUTH PLAIN LOGIN\r\n", b"AUTH": b"235 bien\r\n"}
                well = says.get(line[:4].upper(), b"250 bien\r\n")
                taken.sendall(b"550 no se admite\r\n" if no else well)

    with listening(take) as port:
        yield port


@pytest.mark.parametrize("refuses", [b"MAIL", b"RCPT"])
def test_a_mail_server_that_takes_no_message_of_ours(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, refuses: bytes
) -> None:
    told_to = settings.model_copy(update={"alert_email": "ti@leon.example"})
    with mail_server() as port:
        mail(monkeypatch, port)
        assert [check.state for check in told(told_to, "mail")] == [WARN], "the addresses are the examples"
    with mail_server(refuses) as port:
        mail(monkeypatch, port)
        only(told_to, "mail", FAIL, "550 no se admite")


def test_a_mail_server_without_a_sender_a_line_or_a_letter(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server() as port:
        mail(monkeypatch, port, sender="")
        assert "from_email" in only(settings, "mail", FAIL, "no sender").mend
        mail(monkeypatch, port, account="pamga:xyzzy-contrase%C3%B1a@")
        only(settings, "mail", FAIL, "holds a letter")
    with answering(b"") as port:
        mail(monkeypatch, port)
        only(settings, "mail", FAIL, "refused")


def test_a_mail_server_written_as_a_document(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server() as port:
        extra = {"disable_ssl": True, "disable_tls": True, "from_email": "pamga@leon.example"}
        for more in (extra, json.dumps(extra)):
            document = {
                "conn_type": "smtp",
                "host": "127.0.0.1",
                "port": port,
                "login": "pamga",
                "password": PASSWORD,
                "extra": more,
            }
            monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(document))
            assert [check.state for check in told(settings, "mail")] == [WARN, WARN], (
                "nobody is told, and the addresses are the examples"
            )
    for broken in ('{"conn_type": "smtp"}', f'{{"host": "{PASSWORD}', "{}"):
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", broken)
        only(settings, "mail", FAIL, "is none")


def test_a_certificate_of_another_day_or_of_nothing(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = certificate(tmp_path, 200)  # from a hundred days from now
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with shown(path) as port:
        here = settings.model_copy(update={"base_url": f"https://localhost:{port}/", "dashboards_url": ""})
        only(here, "certificate", FAIL, "not yet valid")
    with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        here = settings.model_copy(update={"base_url": f"https://localhost:{port}/", "dashboards_url": ""})
        only(here, "certificate", FAIL, "speaks no TLS")


def test_a_backup_of_which_a_piece_is_gone_or_cut_off(settings: Settings, tmp_path: Path) -> None:
    settings.layout.receipts.mkdir(exist_ok=True)
    (settings.layout.receipts / "acuse.html").write_text("Recibido. " * 500)
    kept = settings.model_copy(update={"backup": str(tmp_path / "respaldo"), "backup_key": SecretStr(VAULT)})
    back_up(kept)
    objects = sorted(
        (tmp_path / "respaldo" / "objects").rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0
    )
    whole = objects[-1].read_bytes()
    for damage in (whole[:-1], None):
        objects[-1].unlink() if damage is None else objects[-1].write_bytes(damage)
        only(kept, "backup", FAIL, "cannot be restored")
    back_up(kept)
    assert [check.state for check in told(kept, "backup")] == [WARN], "it lies on the same disk"


def test_an_image_whose_commit_is_none(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first build would fail three times before anybody knew."""
    assert told(settings, "code") == []
    monkeypatch.setenv("PAMGA_COMMIT", "v1.2")
    assert "git rev-parse HEAD" in only(settings, "code", FAIL, "names no commit").mend


def test_boards_whose_warehouse_was_cut_off(settings: Settings) -> None:
    release = settings.layout.release("2026T3-r01")
    release.mkdir(parents=True)
    (release / "inputs.lock").write_bytes(stored(Lock, {"run": "2026T3-r01-abc"}))
    settings.layout.current.symlink_to("2026T3-r01")
    warehouse = settings.layout.run("2026T3-r01-abc") / "warehouse.duckdb"
    warehouse.parent.mkdir(parents=True)
    for content in (b"", b"DUCK", b"\0" * 40_960, b"\0" * 8 + b"DUCK" + b"\0" * 20_000):
        warehouse.write_bytes(content)
        only(settings, "boards", FAIL, "damaged or cut off")


def test_something_else_where_superset_should_be(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving({"bienvenido": "a otro programa"}) as url:
        monkeypatch.setenv("PAMGA_SUPERSET_URL", url)
        only(settings, "superset", FAIL, "something else answers")


def test_superset_says_that_it_is_well_and_opens_no_board(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it does while the database of its metadata is away."""
    app = Starlette(routes=[Route("/health", lambda _: PlainTextResponse("OK"))])
    with served(app) as url:
        monkeypatch.setenv("PAMGA_SUPERSET_URL", url)
        only(settings, "superset", FAIL, "its list of boards is 404")


def test_whatever_an_error_quotes(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A look that fails with an error nobody foresaw, which quotes what it stumbled over."""
    (tmp_path / "clave").write_text(f"postgresql://superset:{PASSWORD}@h/d\n")
    monkeypatch.setenv("PAMGA_SUPERSET_DATABASE_URL_FILE", str(tmp_path / "clave"))
    quoting = ValueError(f"invalid literal for int(): 'xyzzy', plugh, {HMAC}, {json.dumps(VAULT)}")
    monkeypatch.setattr("operation.doctor.served.superset_problem", lambda: first_line(quoting))
    said = str(told(settings, "superset"))
    assert "•••" in said


def test_what_is_no_secret_is_shown(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in (
        ("PAMGA_REQUIRE_KEYS", "true"),
        ("PAMGA_INBOX", str(tmp_path)),
        ("PAMGA_BASE_URL", "https://datos.leon.example/"),
    ):
        monkeypatch.setenv(name, value)
    hidden = pieces_of_secrets(settings.model_copy(update={"inbox": str(tmp_path)}))
    shown_text = f"PAMGA_REQUIRE_KEYS=true {tmp_path} https://datos.leon.example/ SHA256:abc"
    assert without_ours(shown_text, hidden) == shown_text and HMAC in hidden
