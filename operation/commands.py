"""`pamga run`: receive, build, check and publish, one after the other, without Airflow; `pamga audit`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from operation import steps
from pamga.cli import load_settings, print_json
from pamga.errors import GateStopped, UsageError
from pamga.quarter import Quarter
from pamga.settings import Settings


@click.command(help="Recibe, construye, revisa y publica: las cuatro cosas, sin Airflow.")
@click.option("--inbox", help="Carpeta (o dirección fsspec) con las entregas; por omisión la del ajuste PAMGA_INBOX.")
@click.option("--cierre", metavar="TRIMESTRE", help="Es la publicación de cierre de este trimestre (2026T3).")
@click.option("--cierra", metavar="NOMBRE", help="Quién cierra aunque falten entregas; se publica si algo faltaba.")
@click.option(
    "--motivo", "motivos", metavar="EXPORT=MOTIVO", multiple=True, help="Por qué se cierra sin esta entrega; una vez por archivo que falta."
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Imprime un documento JSON.")
def run(inbox: str | None, cierre: str | None, cierra: str | None, motivos: tuple[str, ...], as_json: bool) -> None:
    from warehouse.closing import closed_by

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
    by = closed_by(cierra, motivos)
    if by and closing is None:
        raise UsageError("--cierra and --motivo belong to a closing.", "Give --cierre as well.")
    document: dict[str, Any] = {"received": steps.receive(settings)}
    if closing is None:
        document["closed"] = _close_what_was_held(settings)
    outcome = steps.build_check_publish(settings, closing, by)
    document |= {"run": outcome.built.run, "release": outcome.built.release, "published": outcome.published}
    if outcome.judged is not None:
        document["decision"] = outcome.judged.decision
    if as_json:
        print_json(document)
    if outcome.stopped:
        raise _stopped(outcome, say=not as_json)
    if as_json:
        return
    from operation.summary import print_summary

    if outcome.nothing_new:
        click.echo(f"Nada nuevo: la publicación {outcome.built.release} ya contiene lo que hay en el lago.")
    print_summary(settings)


def _close_what_was_held(settings: Settings) -> list[str]:
    """Close the quarters whose closing was held by what has arrived now; returns their releases. One held again is only said."""
    releases = []
    for quarter, outcome in steps.close_what_was_held(settings):
        if outcome.stopped:
            click.echo(f"{quarter}: {_stopped(outcome, say=True)}", err=True)
        else:
            releases.append(outcome.built.release)
    return releases


def _stopped(outcome: steps.Outcome, say: bool) -> GateStopped:
    """What the command ends with when the gate says no; `say`: print first what is wrong, who mends it and how."""
    judged, folder = outcome.judged, outcome.built.run_dir
    assert judged is not None and folder is not None  # noqa: S101 - only what was built is judged
    if say:
        click.echo(f"{judged.notice(only_stopped=True)}\n")
    return GateStopped(
        f"The gate stopped run {judged.run}; the old release stands.", f"Read {folder / 'quality.html'}."
    )


@click.command(
    help="Compara lago, bitácora, libro, bóveda, publicaciones y registro con lo que se anotó cuando se hicieron."
)
@click.option("--registro", "registry", is_flag=True, help="Vuelve a hacer el registro a partir del lago y del buzón.")
@click.option("--json", "as_json", is_flag=True, help="Imprime un documento JSON.")
def audit(registry: bool, as_json: bool) -> None:
    from ingest.audit import rebuild_registry
    from operation.audit import audit as audit_all

    settings = load_settings()
    rebuilt = rebuild_registry(settings) if registry else None
    found = audit_all(settings)
    if as_json:
        print_json({"rebuilt": rebuilt, "findings": [finding.__dict__ for finding in found]})
    else:
        if rebuilt is not None:
            click.echo("Registro: " + ", ".join(f"{count} {what}" for what, count in rebuilt.items()) + ".")
        for finding in found:
            click.echo(str(finding))
        click.echo("Todo está como se anotó." if not found else f"{len(found)} hallazgos.")
    if found:
        raise click.exceptions.Exit(3)
