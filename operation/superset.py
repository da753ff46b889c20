"""Superset's scripts, run as processes of its own environment (Airflow and Superset cannot share one)."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pamga.errors import PamgaError
from pamga.settings import Settings

DASHBOARDS = Path(__file__).resolve().parent.parent / "dashboards"


def refresh_dashboards(settings: Settings) -> str:
    """Apply the assets, empty the data cache and warm it; returns what the scripts said. Raises PamgaError when one fails."""
    said = [_run(settings, "apply.py"), _run(settings, "refresh.py")]
    return " ".join(said)


def _run(settings: Settings, script: str) -> str:
    python = settings.superset_python
    if not python.is_absolute():
        python = DASHBOARDS.parent / python
    done = subprocess.run([str(python), str(DASHBOARDS / script)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PamgaError(
            f"dashboards/{script} ended with {done.returncode}: {done.stderr[-800:]}", "Run it by hand to see more."
        )
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""
