"""From a dropped delivery to its receipt and to the release that the dashboards read, through the servers of `make up`.

    .venv/bin/python bench/to_dashboard.py [--data PAMGA_DATA] [--deliveries 3]

Without --data in a temporary folder with the example's inbox. A delivery is a correction of one value. Dashboards open the file that the
pointer names, so they show a release as soon as it is turned (docs/dashboards.md, "From drop to dashboard").
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import requests

from pamga.layout import Layout

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.servers import free_port  # noqa: E402

DROPPED = "medio_ambiente/areas_verdes_2026T3.csv"
VALUE = "32024"
LONGEST = 900.0


def until(there: Callable[[], bool], since: float) -> float:
    """Seconds from `since` until something is there. Raises TimeoutError."""
    while not there():
        if time.monotonic() - since > LONGEST:
            raise TimeoutError
        time.sleep(0.1)
    return time.monotonic() - since


def quiet(layout: Layout, seconds: float = 45.0) -> None:
    """Wait until no run is made and none is published any more."""
    seen, since = (layout.current.resolve(), len(list(layout.runs.iterdir()))), time.monotonic()
    while time.monotonic() - since < seconds:
        time.sleep(1)
        now = (layout.current.resolve(), len(list(layout.runs.iterdir())))
        if now != seen:
            seen, since = now, time.monotonic()


def deliver(layout: Layout, number: int) -> str:
    """One correction; its parts in words."""
    path = layout.inbox / DROPPED
    release, run = layout.current.resolve(), (layout.runs / "latest").resolve()
    passed = layout.passed.resolve()
    receipts = set(layout.receipts.rglob("resumen.txt"))
    path.write_bytes(path.read_bytes().replace(value(number), value(number + 1)))
    dropped = time.monotonic()
    parts = {
        "receipt": until(lambda: bool(set(layout.receipts.rglob("resumen.txt")) - receipts), dropped),
        "candidate": until(lambda: (layout.runs / "latest").resolve() != run, dropped),
        "gate": until(lambda: layout.passed.resolve() != passed, dropped),
        "release": until(lambda: layout.current.resolve() != release, dropped),
    }
    return "   ".join(f"{name} {seconds:5.1f} s" for name, seconds in parts.items())


def value(number: int) -> bytes:
    """What stands in the file before delivery `number`."""
    return str(int(VALUE) + number).encode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--deliveries", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = chosen.data or Path(folder) / "data"
        superset = free_port()
        command = [sys.executable, "-m", "operation.servers", "--superset-port", str(superset)]
        command += ["--airflow-port", str(free_port()), "--files-port", str(free_port())]
        servers = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PAMGA_DATA": str(data)}, stdout=sys.stderr)
        try:
            layout = Layout(data)
            until(lambda: servers.poll() is not None or answers(superset), time.monotonic())
            quiet(layout)
            for number in range(chosen.deliveries):
                print(f"load {os.getloadavg()[0]:4.1f}   {deliver(layout, number)}", flush=True)
                quiet(layout)
        finally:
            servers.send_signal(signal.SIGINT)
            servers.wait()


def answers(port: int) -> bool:
    """Whether Superset does."""
    try:
        return requests.get(f"http://127.0.0.1:{port}/health", timeout=5).ok
    except requests.RequestException:
        return False


if __name__ == "__main__":
    main()
