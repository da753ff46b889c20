"""`pamga run`: receive, build, check and publish, one after the other, without Airflow."""

from __future__ import annotations

import os
from pathlib import Path

import click

from pamga.cli import load_settings, print_json
from pamga.errors import GateStopped, UsageError
from pamga.quarter import Quarter


@click.command(help="Recibe, construye, revisa y publica: las cuatro cosas, sin Airflow.")
@click.option("--inbox", help="Carpeta (o dirección fsspec) con las entregas; por omisión la del ajuste PAMGA_INBOX.")
@click.option("--cierre", metavar="TRIMESTRE", help="Es la publicación de cierre de este trimestre (2026T3).")
@click.option("--json", "as_json", is_flag=True, help="Imprime un documento JSON.")
def run(inbox: str | None, cierre: str | None, as_json: bool) -> None:
    from dbt_project.build import build
    from ingest.receive import receive_inbox
    from publish.release import complete, publish
    from quality.gate import check

    if inbox and "://" not in inbox:
        if not Path(inbox).is_dir():
            raise UsageError(f"There is no folder {inbox}.", "Give an existing folder with --inbox.")
        inbox = str(Path(inbox).resolve())
        os.environ["PAMGA_INBOX"] = inbox
    settings = load_settings(inbox=inbox)
    try:
        closing = Quarter.parse(cierre) if cierre else None
    except ValueError as error:
        raise UsageError(f"{error}.", "Write the year, T and the quarter: 2026T3.") from error
    receipts = receive_inbox(settings)
    built = build(settings, closing)
    document = {"received": len(receipts), "run": built.run, "release": built.release, "published": False}
    if built.run_dir is not None:
        gate = check(settings, built.run)
        document["decision"] = gate.decision
        if gate.decision != "publicar":
            if as_json:
                print_json(document)
            raise GateStopped(
                f"The gate stopped run {built.run}; the old release stands.", f"Read {built.run_dir / 'quality.html'}."
            )
        document["published"] = publish(settings, built.run).flipped
    else:
        document["published"] = complete(settings)
    if as_json:
        print_json(document)
        return
    from dags.summary import print_summary

    if built.run_dir is None:
        click.echo(f"Nada nuevo: la publicación {built.release} ya contiene lo que hay en el lago.")
    print_summary(settings)
