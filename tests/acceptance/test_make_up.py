"""`make up`: everything starts on the loopback, a dropped file becomes a release without a hand, Ctrl-C stops it all."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import requests

from tests.servers import HANGS, free_port, wait_until

pytestmark = pytest.mark.servers

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Running:
    """The launcher of `make up`, what it printed, and its ports."""

    process: subprocess.Popen[str]
    said: str
    data: Path
    ports: dict[str, int]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("make_up")
    ports = {name: free_port() for name in ("airflow", "superset", "files")}
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PAMGA_", "AIRFLOW"))}
    output = data / "said.txt"
    with output.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "operation.servers", *(f"--{name}-port={port}" for name, port in ports.items())],
            cwd=ROOT, env={**environment, "PAMGA_DATA": str(data / "data"), "COLUMNS": "200"},
            stdout=file, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
    deadline = time.monotonic() + 2 * HANGS
    while "Listo" not in output.read_text():
        assert process.poll() is None, output.read_text()[-3000:]
        assert time.monotonic() < deadline, output.read_text()[-3000:]
        time.sleep(1)
    yield Running(process, output.read_text(), data / "data", ports)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def test_every_server_answers_on_the_loopback_and_asks_who_is_there(running: Running) -> None:
    airflow, superset, files = (f"http://127.0.0.1:{running.ports[name]}" for name in ("airflow", "superset", "files"))
    health = f"{airflow}/api/v2/monitor/health"
    wait_until(
        "a scheduler that is well",
        lambda: requests.get(health, timeout=HANGS).json()["scheduler"]["status"] == "healthy",
        HANGS,
    )
    assert requests.get(f"{airflow}/api/v2/dags", timeout=HANGS).status_code == 401
    assert requests.get(f"{superset}/health", timeout=HANGS).ok
    assert requests.get(f"{superset}/api/v1/database/", timeout=HANGS).json().get("count", 0) == 0
    assert requests.get(f"{files}/", timeout=HANGS).ok


def test_the_printed_password_opens_airflow(running: Running) -> None:
    password = re.search(r"Airflow.*contraseña (\S+)", running.said)
    assert password, running.said
    token = requests.post(
        f"http://127.0.0.1:{running.ports['airflow']}/auth/token",
        json={"username": "admin", "password": password.group(1)}, timeout=HANGS,
    )  # fmt: skip
    assert token.status_code == 201, token.text


def released_after_a_drop(running: Running, *rows: str) -> str:
    """Drop a file with these rows; the release that is up once another one is."""
    current = running.data / "releases" / "current"
    before = current.resolve().name
    header = "evento_id,fecha,colonia,funcionarios_seguridad,operadores_sac"
    path = running.data / "inbox" / "presupuesto_participativo" / "eventos_mbh_2026T4.csv"
    path.write_text("".join(f"{line}\n" for line in (header, *rows)), encoding="utf-8")
    started = time.monotonic()
    while current.resolve().name == before:
        assert time.monotonic() - started < 2 * HANGS, _tails(running.data / "logs")
        time.sleep(2)
    print(f"from dropped file to flipped release: {time.monotonic() - started:.0f} s")
    return current.resolve().name


def test_a_dropped_file_becomes_a_release_without_a_hand(running: Running) -> None:
    assert released_after_a_drop(running, "EV-SOLTADO-1,2026-10-05,Centro,2,1") == "2026T4-r01"


def test_a_second_drop_of_the_same_quarter_is_published_too(running: Running) -> None:
    rows = "EV-SOLTADO-1,2026-10-05,Centro,2,1", "EV-SOLTADO-2,2026-10-06,Centro,1,1"
    assert released_after_a_drop(running, *rows) == "2026T4-r02"


def test_ctrl_c_stops_everything(running: Running) -> None:
    children = psutil.Process(running.process.pid).children(recursive=True)
    running.process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    running.process.send_signal(signal.SIGINT)  # people press it twice
    running.process.wait(HANGS)
    assert running.process.returncode == 0
    _, alive = psutil.wait_procs(children, timeout=HANGS)
    assert not alive


def _tails(logs: Path) -> str:
    return "\n".join(
        f"== {path.name}\n{path.read_text(errors='replace')[-1500:]}" for path in sorted(logs.glob("*.log"))
    )
