"""An inbox on s3, sftp or https: received like a folder, and what is secret of its address is written down nowhere."""

from __future__ import annotations

import base64
import functools
import logging
import os
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from ingest.dropped import local_copy
from ingest.receive import Dropped, discover, receive_file, receive_inbox
from ingest.remote.sftp import fingerprint
from pamga.errors import PamgaError
from tests.ingest.conftest import Office
from tests.ingest.sftp_server import sftp

PASSWORD = "cl@ve/se#creta"
PATH = "presupuesto_participativo/eventos_mbh_2026T3.csv"
HEADER = "evento_id,fecha,colonia,funcionarios_seguridad,operadores_sac\n"
ONE, TWO = f"{HEADER}EV-1,2026-08-05,Centro,2,1\n", f"{HEADER}EV-1,2026-08-05,Centro,2,1\nEV-2,2026-08-06,Centro,2,1\n"

Put = Callable[[str, str], None]


class _WithPassword(SimpleHTTPRequestHandler):
    def send_head(self) -> Any:
        expected = "Basic " + base64.b64encode(f"oficina:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != expected:
            self.send_error(401)
            return None
        return super().send_head()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(params=["s3", "sftp", "http"])
def remote(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, Put]]:
    """The address of an inbox elsewhere, and how an office drops a file there."""
    root = tmp_path / "servidor"
    (root / "buzon").mkdir(parents=True)

    def put(path: str, text: str, at: list[int] = [1_780_000_000]) -> None:  # noqa: B006 - counts the drops
        at[0] += 60
        target = root / "buzon" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        os.utime(target, (at[0], at[0]))

    if request.param == "s3":
        import s3fs

        bucket = request.getfixturevalue("bucket")
        yield (
            f"{bucket}/buzon",
            lambda path, text: s3fs.S3FileSystem().pipe_file(f"{bucket}/buzon/{path}", text.encode()),
        )
    elif request.param == "sftp":
        with sftp(root, PASSWORD) as (port, key):
            monkeypatch.setenv("PAMGA_INBOX_HOST_KEY", fingerprint(key))
            yield f"sftp://oficina:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/buzon", put
    else:
        server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_WithPassword, directory=str(root)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://oficina:{quote(PASSWORD, safe='')}@127.0.0.1:{server.server_port}/buzon/", put
        server.shutdown()


def told_nowhere(root: Path, logs: str) -> None:
    secrets = [PASSWORD, quote(PASSWORD, safe=""), "oficina:"]
    for path in (path for path in root.rglob("*") if path.is_file()):
        content = path.read_bytes()
        assert not any(secret.encode() in content for secret in secrets), path
    assert not any(secret in logs for secret in secrets)


def test_it_is_received_once_and_again_when_it_changes(
    make_office: Callable[..., Office], remote: tuple[str, Put], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url, put = remote
    office = make_office("datos", inbox=url)
    assert receive_inbox(office.settings) == []
    put(PATH, ONE)
    (dropped,) = discover(office.settings)
    asked = Dropped.from_queue(dropped.queued())  # through Airflow's queue
    told = receive_file(office.settings, asked)
    assert (told.state, told.accepted) == ("accepted", 1)
    assert receive_inbox(office.settings) == []
    put(PATH, TWO)
    (again,) = receive_inbox(office.settings)
    assert (again.version, again.accepted) == (2, 2)
    told_nowhere(office.settings.layout.root, caplog.text + dropped.queued())


def test_what_refuses_is_said_without_its_secret(make_office: Callable[..., Office], remote: tuple[str, Put]) -> None:
    url, put = remote
    put(PATH, ONE)
    wrong = url.replace(quote(PASSWORD, safe=""), "otra-clave").replace("s3://", "s3://no-hay-")
    office = make_office("datos", inbox=wrong)
    with pytest.raises(PamgaError) as refused:
        receive_inbox(office.settings)
    assert "otra-clave" not in str(refused.value) and str(refused.value)
    missing = make_office("datos", inbox=url.replace("/buzon", "/no-hay"))
    if url.startswith("s3:"):
        assert receive_inbox(missing.settings) == []  # a bucket has no folders: nothing lies there yet
    else:
        with pytest.raises(PamgaError, match=r"There is no (sftp|http)://127\.0\.0\.1"):
            receive_inbox(missing.settings)


def test_an_empty_file_and_a_large_one_come_whole(make_office: Callable[..., Office], remote: tuple[str, Put]) -> None:
    url, put = remote
    office = make_office("datos", inbox=url)
    large = HEADER + "".join(f"EV-{number},2026-08-05,Centro,2,1\n" for number in range(60_000))
    put(PATH, large)
    put(PATH.replace("2026T3", "2026T2"), "")
    told = {dropped.entry.path: dropped.entry for dropped in discover(office.settings)}
    with local_copy(told[PATH]) as path:
        assert path.read_text() == large
    with local_copy(told[PATH.replace("2026T3", "2026T2")]) as path:
        assert path.read_bytes() == b""
