"""`pamga run`: receive, build, check and publish, one after the other, without Airflow."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pamga.cli import load_settings, print_json
from pamga.errors import GateStopped, UsageError
from pamga.quarter import Quarter
from pamga.settings import Settings

if TYPE_CHECKING:
    from warehouse.closing import ClosedBy

MAX_ROUNDS = 5
"""How often a candidate is built again because another run published before it; each round needs yet another new delivery."""


@click.command(help="Recibe, construye, revisa y publica: las cuatro cosas, sin Airflow.")
@click.option("--inbox", help="Carpeta (o dirección fsspec) con las entregas; por omisión la del ajuste PAMGA_INBOX.")
@click.option("--cierre", metavar="TRIMESTRE", help="Es la publicación de cierre de este trimestre (2026T3).")
@click.option("--cierra", metavar="NOMBRE", help="Quién cierra aunque falten entregas; se publica si algo faltaba.")
@click.option(
    "--motivo", "motivos", metavar="EXPORT=MOTIVO", multiple=True, help="Por qué se cierra sin esta entrega; una vez por archivo que falta."
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Imprime un documento JSON.")
def run(inbox: str | None, cierre: str | None, cierra: str | None, motivos: tuple[str, ...], as_json: bool) -> None:
    from ingest.receive import receive_inbox
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
    document: dict[str, Any] = {"received": len(receive_inbox(settings))}
    if closing is None:
        document["closed"] = _try_held_closings(settings)
    nothing_new = _build_check_publish(settings, closing, by, document, as_json)
    if as_json:
        print_json(document)
        return
    from dags.summary import print_summary

    if nothing_new:
        click.echo(f"Nada nuevo: la publicación {document['release']} ya contiene lo que hay en el lago.")
    print_summary(settings)


def _try_held_closings(settings: Settings) -> list[str]:
    """Close the quarters whose closing was held by what has arrived now; returns their releases. One held again is only said."""
    from warehouse.lock import closings_to_try

    releases = []
    for quarter in closings_to_try(settings):
        document: dict[str, Any] = {}
        try:
            _build_check_publish(settings, quarter, None, document, as_json=False)
        except GateStopped as stopped:
            click.echo(f"{quarter}: {stopped}", err=True)
        else:
            releases.append(str(document["release"]))
    return releases


@click.command(
    help="Compara lago, bitácora, libro, bóveda, publicaciones y registro con lo que se anotó cuando se hicieron."
)
@click.option("--registro", "registry", is_flag=True, help="Vuelve a hacer el registro a partir del lago y del buzón.")
@click.option("--json", "as_json", is_flag=True, help="Imprime un documento JSON.")
def audit(registry: bool, as_json: bool) -> None:
    from dags.audit import audit as audit_all
    from ingest.audit import rebuild_registry

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


def _build_check_publish(
    settings: Settings, closing: Quarter | None, by: ClosedBy | None, document: dict[str, Any], as_json: bool
) -> bool:
    """Publish what stands in the lake and say so in `document`. True when the newest release holds it already."""
    from publish.release import StaleCandidate, complete, publish
    from quality.gate import check
    from warehouse.build import build

    for rounds_left in reversed(range(MAX_ROUNDS)):
        built = build(settings, closing, by)
        document |= {"run": built.run, "release": built.release, "published": False}
        if built.run_dir is None:
            document["published"] = complete(settings)
            return True
        judged = check(settings, built.run)
        document["decision"] = judged.decision
        if judged.decision != "publicar":
            complete(settings)  # a closing that was held is said on the page above the releases
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
