"""Files that come to rest in the inbox start the DAG once, whatever Airflow answers."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from operation.watcher import Watcher
from pamga.settings import Settings


@pytest.fixture
def airflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[str]]]:
    """An API that notes what it was asked for."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"access_token": "t"}')

        def log_message(self, *_: object) -> None:
            return

    passwords = tmp_path / "passwords.json"
    passwords.write_text('{"admin": "x"}')
    monkeypatch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE", str(passwords))
    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def test_a_file_that_rests_starts_the_dag_once(tmp_path: Path, airflow: tuple[str, list[str]]) -> None:
    url, asked = airflow
    inbox = tmp_path / "inbox" / "imju"
    inbox.mkdir(parents=True)
    (inbox / "viejo.csv").write_text("a")
    watcher = Watcher(Settings(data=tmp_path, inbox=str(tmp_path / "inbox")), url)
    assert not watcher.look(), "what lay there when we came is the schedule's"
    dropped = inbox / "sesiones_2026T3.csv"
    dropped.write_text("a")
    assert not watcher.look(), "it may still be written"
    dropped.write_text("a,b")
    assert not watcher.look()
    assert watcher.look()
    assert asked == ["/auth/token", "/api/v2/dags/recibir_entregas/dagRuns"]
    assert not watcher.look()
    os.utime(dropped, ns=(1, 1))
    assert [watcher.look(), watcher.look(), watcher.look()] == [False, True, False]


def test_an_airflow_that_does_not_answer_stops_nothing(tmp_path: Path, airflow: tuple[str, list[str]]) -> None:
    watcher = Watcher(Settings(data=tmp_path, inbox=str(tmp_path)), "http://127.0.0.1:9")
    (tmp_path / "nuevo.csv").write_text("a")
    assert [watcher.look(), watcher.look(), watcher.look()] == [False, True, False]


def test_an_inbox_elsewhere_is_left_to_the_schedule(tmp_path: Path) -> None:
    watcher = Watcher(Settings(data=tmp_path, inbox="s3://buzon/entregas"), "http://127.0.0.1:9")
    assert not watcher.look() and not watcher.look()
