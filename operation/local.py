"""`make run`: the DAGs for real, in this process, with SQLite for Airflow's metadata and no server.

Receives what is new, builds, checks, publishes, and prints where every indicator stands. Exit codes as of `pamga run`.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import click

from operation.steps import something_new, waits_to_be_published
from operation.summary import print_summary
from pamga.cli import load_settings
from pamga.errors import GateStopped, PamgaError
from pamga.layout import EXAMPLE_MARKER
from pamga.settings import Settings
from pamga.storage import exclusive_lock

DAGS = ("recibir_entregas", "construir_candidata", "publicar")


def run_local(settings: Settings) -> bool:
    """Run the DAGs in order. False when there was nothing new.

    Raises GateStopped when the gate said no, PamgaError when a task failed for another reason.
    """
    if not something_new(settings):
        return False
    _prepare_airflow(settings)
    for name in DAGS:
        _run_dag(settings, name)
    if waits_to_be_published(settings):  # a closing that was tried again went out first
        _run_dag(settings, DAGS[-1])
    return True


def _prepare_airflow(settings: Settings) -> None:
    from operation.airflow_env import airflow_environment

    os.environ.update(airflow_environment(settings))
    from airflow.utils.db import initdb

    _progress("Airflow: preparando su base de datos")
    initdb()


def _run_dag(settings: Settings, name: str) -> None:
    import importlib

    started = time.monotonic()
    _progress(f"DAG {name}")
    module = importlib.import_module(f"dags.{name}")  # by name, as Airflow finds it: nothing here depends on a DAG file
    run = module.DAG_OBJECT.test()
    _progress(f"DAG {name}: {run.state} en {time.monotonic() - started:.1f} s")
    if run.state == "success":
        return
    from quality.gate import what_stopped

    stopped = what_stopped(settings) if name == "construir_candidata" else ""
    if stopped:
        _progress(f"El control de calidad detuvo la candidata:\n\n{stopped}\n")
        raise GateStopped(
            "The gate stopped the candidate; the old release stands.",
            f"Read {settings.layout.runs / 'latest' / 'quality.html'} for the rest.",
        )
    failed = sorted({ti.task_id for ti in run.get_task_instances() if ti.state in ("failed", "upstream_failed")})
    raise PamgaError(f"DAG {name} failed in: {', '.join(failed)}.", "The task's log above says why.")


def _progress(message: str) -> None:
    """One line per step on standard error."""
    print(f"· {message}", file=sys.stderr, flush=True)


@click.command()
@click.option("--inbox", help="Folder (or fsspec URL) with deliveries; by default an example inbox is written.")
def main(inbox: str | None) -> None:
    settings = load_settings(inbox=str(Path(inbox).resolve()) if inbox and "://" not in inbox else inbox)
    # two at once would share Airflow's metadata and DAGs that run once at a time: the second one waits and looks what is left
    with exclusive_lock(settings.layout.locks / "local-run.lock"):
        _receive_to_publish(settings)
    print_summary(settings)


def _receive_to_publish(settings: Settings) -> None:
    if settings.inbox is None and not _holds_files(settings.layout.inbox):
        from ingest.sample import write_inbox

        _progress(f"Escribo un buzón de ejemplo en {settings.layout.inbox}")
        write_inbox(settings.layout.inbox)
    elif settings.inbox is not None:
        os.environ["PAMGA_INBOX"] = settings.inbox
    if not run_local(settings):
        click.echo("Nada nuevo: no hay entregas por recibir y la publicación vigente ya contiene las que hay.")


def _holds_files(inbox: Path) -> bool:
    return inbox.exists() and any(path.is_file() and path.name != EXAMPLE_MARKER for path in inbox.rglob("*"))


def run() -> Any:
    """Entry point with the command's exit codes."""
    from pamga.cli import run_command

    return run_command(main)


if __name__ == "__main__":
    run()
