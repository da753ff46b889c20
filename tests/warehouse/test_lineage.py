"""What dbt built is told to whoever keeps lineage; who does not answer stops nothing."""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pamga.settings import Settings
from warehouse.dbt_runner import PROJECT
from warehouse.lineage import emit

LONG = 600.0  # seconds until a slow server ends by itself
MODEL, SOURCE = "model.pamga_leon.uno", "source.pamga_leon.lake.dos"


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """dbt's artifacts of one model that was built, reduced to what is read of them."""
    for name, value in (("PAMGA_WAREHOUSE", "warehouse.duckdb"), ("PAMGA_MEMORY_LIMIT", "1GB"), ("PAMGA_THREADS", "1")):
        monkeypatch.setenv(name, value)
    node = {
        "unique_id": MODEL, "resource_type": "model", "database": "warehouse", "schema": "marts", "name": "uno", "alias": "uno", "columns": {},
        "description": "", "depends_on": {"nodes": [SOURCE]}, "original_file_path": "models/uno.sql", "compiled_code": "select 1",
        "config": {"materialized": "table"}, "tags": [], "meta": {}, "fqn": ["pamga_leon", "uno"], "package_name": "pamga_leon",
    }  # fmt: skip
    source = {
        "unique_id": SOURCE,
        "database": "warehouse",
        "schema": "lake",
        "name": "dos",
        "identifier": "dos",
        "columns": {},
        "description": "",
    }
    manifest = {
        "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"}, "nodes": {MODEL: node}, "sources": {SOURCE: source},
        "parent_map": {MODEL: [SOURCE]}, "child_map": {SOURCE: [MODEL], MODEL: []},
    }  # fmt: skip
    moment = {"started_at": "2026-10-20T10:00:00.000000Z", "completed_at": "2026-10-20T10:00:01.000000Z"}
    result = {
        "unique_id": MODEL,
        "status": "success",
        "timing": [{"name": name, **moment} for name in ("compile", "execute")],
    }
    results = {
        "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json", "generated_at": "2026-10-20T10:00:02Z"},
        "results": [result], "args": {"which": "build", "profiles_dir": str(PROJECT)},
    }  # fmt: skip
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "run_results.json").write_text(json.dumps(results))
    return tmp_path


def told(events: list[dict[str, Any]]) -> tuple[set[str], set[str], set[str]]:
    """The kinds of event, what was read, what was written."""
    names = [{data["name"] for event in events for data in event[side]} for side in ("inputs", "outputs")]
    return {event["eventType"] for event in events}, names[0], names[1]


EXPECTED = ({"START", "COMPLETE"}, {"warehouse.lake.dos"}, {"warehouse.marts.uno"})


def test_to_a_file(target: Path, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, lineage=str(tmp_path / "linaje.json"))
    assert emit(settings, PROJECT, target) == 2
    assert told([json.loads(line) for line in (tmp_path / "linaje.json").read_text().splitlines()]) == EXPECTED


def test_to_a_url_and_to_nobody(target: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    received: list[dict[str, Any]] = []

    class Keeper(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Keeper)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    assert emit(Settings(data=tmp_path, lineage=f"http://127.0.0.1:{server.server_port}"), PROJECT, target) == 2
    server.shutdown()
    server.server_close()
    assert told(received) == EXPECTED
    assert emit(Settings(data=tmp_path), PROJECT, target) == 0
    address = f"http://cuenta:secreta@127.0.0.1:{server.server_port}"
    assert emit(Settings(data=tmp_path, lineage=address), PROJECT, target) == 0
    assert "No lineage was sent to http://127.0.0.1" in caplog.text and "secreta" not in caplog.text


@pytest.mark.slow
@pytest.mark.parametrize("letter_by_letter", [False, True])
def test_a_server_that_is_slow_holds_a_build_for_a_bounded_time(
    target: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    letter_by_letter: bool,
) -> None:
    """Each answer comes well within the client's own limit; all of them together would take as long as there are models and tests."""
    monkeypatch.setattr("warehouse.lineage.PATIENCE", 1.0)
    ended = threading.Event()

    class Slow(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            with suppress(OSError):
                for letter in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 10_000 if letter_by_letter else b"":
                    self.wfile.write(bytes([letter]))
                    if ended.wait(0.2):
                        return
                ended.wait(LONG)
                self.wfile.write(b"\r\n\r\n" if letter_by_letter else b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    began = time.monotonic()
    assert emit(Settings(data=tmp_path, lineage=f"http://127.0.0.1:{server.server_port}"), PROJECT, target) < 2
    assert time.monotonic() - began < LONG / 2, "it waited for the end of an answer"
    assert "longer than 1 s for 2 events" in caplog.text
    ended.set()
    server.shutdown()
    server.server_close()
