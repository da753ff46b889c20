"""Superset's scripts, run as processes of its own environment (Airflow and Superset cannot share one)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import requests

from pamga.errors import PamgaError
from pamga.settings import Settings

EDITED = 4
EMBEDDED_URL = "http://127.0.0.1:8088"
_SECONDS = 10
DASHBOARDS = Path(__file__).resolve().parent.parent / "dashboards"


def superset_url() -> str:
    """Where Superset is reached by the other parts, without a slash at the end (PAMGA_SUPERSET_URL)."""
    return (os.environ.get("PAMGA_SUPERSET_URL") or EMBEDDED_URL).rstrip("/")


def superset_problem() -> str | None:
    """What is wrong with Superset's answer; None when it is well. `/health` is said by one whose metadata are away too, and no board opens."""
    try:
        answer = requests.get(f"{superset_url()}/health", timeout=_SECONDS)
        boards = requests.get(f"{superset_url()}/api/v1/dashboard/?q=(columns:!(id),page_size:1)", timeout=_SECONDS)
    except requests.RequestException as error:
        return f"it does not answer ({type(error).__name__})"
    if answer.ok and answer.text.strip() != "OK":
        return "something else answers there"
    if not answer.ok:
        return f"it answers {answer.status_code}"
    return (
        None
        if boards.ok
        else f"it answers, and its list of boards is {boards.status_code}: see its metadata's database"
    )


def refresh_dashboards(settings: Settings) -> str:
    """Apply what is new in git and warm the caches; returns what the scripts said. Raises PamgaError when one fails.

    What somebody changed in the browser is not undone (apply.py says so with EDITED): a release is shown all the same.
    """
    return " ".join([_run(settings, "apply.py", "--if-changed"), _run(settings, "refresh.py")])


def _run(settings: Settings, script: str, *arguments: str) -> str:
    python = settings.superset_python
    if not python.is_absolute():
        python = DASHBOARDS.parent / python
    done = subprocess.run(
        [str(python), str(DASHBOARDS / script), *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode == EDITED:
        return done.stderr.strip()
    if done.returncode != 0:
        raise PamgaError(
            f"dashboards/{script} ended with {done.returncode}: {done.stderr[-800:]}", "Run it by hand to see more."
        )
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""
