"""`make up`: Airflow, Superset and the file server on this machine's loopback, until Ctrl-C.

The first start prepares everything (metadata, pool, passwords, a first release when there is none). Each server is the
leader of a process group of its own, so that stopping stops its children too and Ctrl-C reaches only us.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import click
import psutil
import requests
from rich.console import Console

from operation.airflow_env import BUILD_POOL, airflow_environment
from operation.watcher import Watcher
from pamga.addresses import without_secrets
from pamga.cli import load_settings, run_command
from pamga.errors import PamgaError
from pamga.settings import Settings
from pamga.storage import write_atomically

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 180
STOP_SECONDS = 20
AIRFLOW_PARTS = ("scheduler", "api-server", "dag-processor", "triggerer")


@dataclass
class Server:
    """One running process group and how to know that it answers (None: it has no address)."""

    name: str
    process: subprocess.Popen[bytes]
    health: str | None


class Stopped(Exception):
    """Somebody asked us to stop."""


@click.command()
@click.option("--airflow-port", default=8080, show_default=True)
@click.option("--superset-port", default=8088, show_default=True)
@click.option("--files-port", default=8090, show_default=True)
def main(airflow_port: int, superset_port: int, files_port: int) -> None:
    settings = load_settings()
    os.environ.setdefault("PAMGA_RECEIVE_CRON", "* * * * *")
    os.environ.setdefault("PAMGA_BASE_URL", f"http://127.0.0.1:{files_port}/")
    os.environ.setdefault("PAMGA_DASHBOARDS_URL", f"http://127.0.0.1:{superset_port}/")
    os.environ.setdefault("PAMGA_SUPERSET_URL", f"http://127.0.0.1:{superset_port}/")
    os.environ.setdefault("PAMGA_SUPERSET_PYTHON", str(ROOT / settings.superset_python))
    os.environ.update(airflow_environment(settings, airflow_port))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    servers: list[Server] = []
    try:
        _first_release(settings)
        passwords = {"Airflow": _prepare_airflow(), "Tableros": _superset_password(settings)}
        logs = settings.layout.root / "logs"
        logs.mkdir(exist_ok=True)
        addresses = {
            "Airflow": f"http://127.0.0.1:{airflow_port}/",
            "Tableros": f"http://127.0.0.1:{superset_port}/",
            "Datos": f"http://127.0.0.1:{files_port}/",
        }
        _start_files(servers, logs, files_port)
        _start_superset(servers, logs, superset_port, passwords["Tableros"])
        _wait_until_healthy(servers, logs)
        _start_airflow(servers, logs, airflow_port)
        _wait_until_healthy(servers, logs)
        _tell(settings, addresses, passwords)
        _watch(servers, logs, Watcher(settings, addresses["Airflow"]))
    except Stopped:
        print("Deteniendo…", flush=True)
    finally:
        _ignore_further_signals()
        _stop_all(servers)


def _ignore_further_signals() -> None:
    """Whoever presses Ctrl-C twice must not leave servers behind; stopping is bounded by STOP_SECONDS anyway."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _stop(_number: int, _frame: FrameType | None) -> None:
    _ignore_further_signals()
    raise Stopped


def _first_release(settings: Settings) -> None:
    """Superset and the portal read a release, so make the first one when there is none."""
    if not settings.layout.current.exists():
        subprocess.run([sys.executable, "-m", "operation.local"], cwd=ROOT, check=False)


def _prepare_airflow() -> str | None:
    """Metadata, the pool of one, the administrator; returns the password when it was made now."""
    _airflow("db", "migrate")
    _airflow("pools", "set", BUILD_POOL, "1", "One build at a time")
    passwords = Path(os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
    if passwords.exists():
        return None
    password = secrets.token_urlsafe(12)
    write_atomically(passwords, json.dumps({"admin": password}).encode(), 0o600)
    return password


def _airflow(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", "airflow", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PamgaError(
            f"`airflow {' '.join(arguments)}` failed: {done.stderr[-800:]}", "Mend it and call make up again."
        )


def _start_files(servers: list[Server], logs: Path, port: int) -> None:
    command = [sys.executable, "-c", "from pamga.cli import main; main()", "serve", "--port", str(port)]
    servers.append(_spawn("archivos", command, logs, f"http://127.0.0.1:{port}/"))


def _start_superset(servers: list[Server], logs: Path, port: int, password: str | None) -> None:
    """Superset; its first start makes its metadata and the administrator with the password that we tell."""
    command = [os.environ["PAMGA_SUPERSET_PYTHON"], str(ROOT / "dashboards" / "serve.py"), "--port", str(port)]
    secret = {"PAMGA_SUPERSET_ADMIN_PASSWORD": password} if password else {}
    servers.append(_spawn("superset", command, logs, f"http://127.0.0.1:{port}/health", secret))


def _start_airflow(servers: list[Server], logs: Path, port: int) -> None:
    """Airflow's parts, once Superset stands: the DAG refrescar_tableros applies the assets again as soon as it can."""
    health = f"http://127.0.0.1:{port}/api/v2/monitor/health"
    for part in AIRFLOW_PARTS:
        command = [sys.executable, "-m", "airflow", part]
        servers.append(_spawn(f"airflow-{part}", command, logs, health if part == "api-server" else None))


def _spawn(
    name: str, command: Sequence[str], logs: Path, health: str | None, extra: Mapping[str, str] | None = None
) -> Server:
    with (logs / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            env={**os.environ, **(extra or {})},
        )  # fmt: skip
    return Server(name, process, health)


def _wait_until_healthy(servers: list[Server], logs: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    waiting = [server for server in servers if server.health]
    while waiting:
        _fail_if_one_ended(servers, logs)
        waiting = [server for server in waiting if not _answers(server.health)]
        if waiting and time.monotonic() > deadline:
            names = ", ".join(server.name for server in waiting)
            raise PamgaError(f"No answer from {names} after {START_SECONDS} s.", f"Read the logs in {logs}.")
        time.sleep(1)


def _answers(address: str | None) -> bool:
    with suppress(requests.RequestException):
        return address is not None and requests.get(address, timeout=5).ok
    return False


def _watch(servers: list[Server], logs: Path, watcher: Watcher) -> None:
    while True:
        _fail_if_one_ended(servers, logs)
        watcher.look()
        time.sleep(2)


def _fail_if_one_ended(servers: list[Server], logs: Path) -> None:
    for server in servers:
        if server.process.poll() is not None:
            raise PamgaError(
                f"{server.name} ended with code {server.process.returncode}.", f"Read {logs / (server.name + '.log')}."
            )


def _superset_password(settings: Settings) -> str | None:
    """A password for Superset's administrator, made when Superset starts for the first time."""
    first_start = not (settings.layout.root / "superset" / "applied.json").exists()
    return secrets.token_urlsafe(12) if first_start else None


def _tell(settings: Settings, addresses: dict[str, str], passwords: dict[str, str | None]) -> None:
    """Addresses, and the passwords the one time that they are new."""
    console = Console(highlight=False, soft_wrap=True)
    for name, address in addresses.items():
        password = passwords.get(name)
        console.print(
            f"{name:<10}{address}" + (f"  usuario admin, contraseña {password}" if password else ""), markup=False
        )
    console.print(
        f"{'Buzón':<10}{without_secrets(settings.inbox_url)}/<dependencia>/<export>_<trimestre>.csv|xlsx|geojson",
        markup=False,
    )
    console.print("Listo. Ctrl-C detiene todo.")


def _stop_all(servers: list[Server]) -> None:
    """Ask every group to stop, then insist, also with descendants that left their group (Airflow's task workers do)."""
    descendants = [child for server in servers for child in _descendants(server)]
    for server in servers:
        _signal_group(server, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for server in servers:
        with suppress(subprocess.TimeoutExpired):
            server.process.wait(max(0.1, deadline - time.monotonic()))
    for server in servers:
        _signal_group(server, signal.SIGKILL)  # children that outlived their leader too
    for child in descendants:
        with suppress(psutil.NoSuchProcess):  # psutil knows a process from another that took its number
            child.kill()


def _descendants(server: Server) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(server.process.pid).children(recursive=True)
    return []


def _signal_group(server: Server, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(server.process.pid, number)


if __name__ == "__main__":
    run_command(main)
