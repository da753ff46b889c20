"""`pamga run`: receive, build, check and publish, one after the other, without Airflow."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from pamga.cli import load_settings, print_json
from pamga.errors import GateStopped, UsageError
from pamga.quarter import Quarter
from pamga.settings import Settings

MAX_ROUNDS = 5
"""How often a candidate is built again because another run published before it; each round needs yet another new delivery."""


@click.command(help="Recibe, construye, revisa y publica: las cuatro cosas, sin Airflow.")
@click.option("--inbox", help="Carpeta (o dirección fsspec) con las entregas; por omisión la del ajuste PAMGA_INBOX.")
@click.option("--cierre", metavar="TRIMESTRE", help="Es la publicación de cierre de este trimestre (2026T3).")
@click.option("--json", "as_json", is_flag=True, help="Imprime un documento JSON.")
def run(inbox: str | None, cierre: str | None, as_json: bool) -> None:
    from ingest.receive import receive_inbox

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
    document: dict[str, Any] = {"received": len(receive_inbox(settings))}
    nothing_new = _build_check_publish(settings, closing, document, as_json)
    if as_json:
        print_json(document)
        return
    from dags.summary import print_summary

    if nothing_new:
        click.echo(f"Nada nuevo: la publicación {document['release']} ya contiene lo que hay en el lago.")
    print_summary(settings)


def _build_check_publish(settings: Settings, closing: Quarter | None, document: dict[str, Any], as_json: bool) -> bool:
    """Publish what stands in the lake and say so in `document`. True when the newest release holds it already."""
    from dbt_project.build import build
    from publish.release import StaleCandidate, complete, publish
    from quality.gate import check

    for rounds_left in reversed(range(MAX_ROUNDS)):
        built = build(settings, closing)
        document |= {"run": built.run, "release": built.release, "published": False}
        if built.run_dir is None:
            document["published"] = complete(settings)
            return True
        judged = check(settings, built.run)
        document["decision"] = judged.decision
        if judged.decision != "publicar":
            if as_json:
                print_json(document)
            else:
                click.echo(f"{judged.notice(only_stopped=True)}\n")
            raise GateStopped(
                f"The gate stopped run {built.run}; the old release stands.", f"Read {built.run_dir / 'quality.html'}."
            )
        try:
            document["published"] = publish(settings, built.run).flipped
        except StaleCandidate:
            if not rounds_left:
                raise
        else:
            break
    return False
