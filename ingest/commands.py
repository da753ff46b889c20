"""The room's commands: `pamga receive`, `status`, `templates`, `contract`, `sample`, `real`, `retention`, `rotate-key`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pamga.cli import json_option, load_settings, print_json, tell_unkept
from pamga.person import named

if TYPE_CHECKING:
    from pamga.documents.deliveries import Receipt

STATES = {
    "accepted": "aceptada",
    "accepted_with_rejects": "aceptada en parte",
    "held": "espera confirmación",
    "rejected": "no aceptada",
    "duplicate": "repetida, sin cambios",
    "pending": "pendiente",
}
_inbox = click.option("--inbox", help="Carpeta o URL de los archivos entregados; por omisión <data>/inbox.")


@click.command()
@_inbox
@json_option
@click.option(
    "--restore",
    nargs=4,
    metavar="EXPORT TRIMESTRE DEPENDENCIA VERSION",
    help="Trae de vuelta una versión anterior de una entrega, como versión nueva.",
)
@click.option("--reason", help="Por qué se restaura; queda en las notas de la versión nueva. Va con --restore.")
@click.option(
    "--persona", help="Quién restaura; queda en las notas de la versión nueva. Si falta, se pregunta. Va con --restore."
)
def receive(
    inbox: str | None, as_json: bool, restore: tuple[str, str, str, str] | None, reason: str | None, persona: str | None
) -> None:
    """Recibe los archivos nuevos del buzón: los revisa, los guarda y contesta a quien los dejó."""
    settings = load_settings(inbox=inbox)
    if restore is not None:
        _restore(settings, restore, reason, named(persona), as_json)
        return
    if reason is not None or persona is not None:
        raise click.UsageError("--reason y --persona van con --restore.")
    from ingest.receive import discover, receive_each

    receipts: list[Receipt] = []
    try:
        for receipt in receive_each(settings, _with_progress(discover(settings))):
            receipts.append(receipt)
            if not as_json:
                click.echo(_told(receipt))
    finally:  # what was received is told even when a file failed
        if as_json:
            print_json({"receipts": [receipt.stored() for receipt in receipts]})
    if not receipts and not as_json:
        click.echo("No hay archivos nuevos en el buzón.")


def _with_progress(dropped: list[Any]) -> Any:
    """A progress bar on a terminal, nothing in a log."""
    if len(dropped) < 2 or not sys.stderr.isatty():
        return dropped
    from rich.console import Console
    from rich.progress import track

    return track(dropped, description="Recibiendo", console=Console(stderr=True))


def _told(receipt: Receipt) -> str:
    counts = f"{receipt.accepted} de {receipt.rows_read} renglones"
    if receipt.quarantined:
        counts += f", {receipt.quarantined} por corregir"
    if receipt.out_of_scope:
        counts += f", {receipt.out_of_scope} de otros lugares"
    said = "; ".join(receipt.reasons) if receipt.reasons else counts
    answer = f" · {receipt.folder}" if receipt.folder and receipt.state != "accepted" else ""
    return f"{receipt.archivo}: {STATES[receipt.state]} ({said}){answer}"


def _restore(settings: Any, wanted: tuple[str, str, str, str], reason: str | None, person: str, as_json: bool) -> None:
    from ingest.landing import Identity
    from ingest.receive import restore as restore_version
    from pamga.errors import UsageError

    export, trimestre, dependencia, version = wanted
    if not version.isdecimal():
        raise UsageError(f"{version!r} is not a version number.", "Give for instance 1; `pamga status` lists them.")
    manifest = restore_version(settings, Identity(export, trimestre, dependencia), int(version), reason, person)
    if as_json:
        print_json(manifest.stored())
    else:
        click.echo(f"Vigente: {dependencia}/{export}_{trimestre}, versión {manifest.version} (igual a la {version}).")


@click.command()
@_inbox
@json_option
def status(inbox: str | None, as_json: bool) -> None:
    """Dice qué se ha recibido, qué está vigente y qué falta por recibir."""
    from ingest.status import status as read_status

    document = read_status(load_settings(inbox=inbox))
    if as_json:
        print_json(document.stored())
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(
        "dependencia", "entrega", "trimestre", "versión", "estado", "leídas", "aceptadas", "por corregir", "vigente"
    )
    for line in document.deliveries:
        said = (line.dependencia, line.export, line.trimestre, line.version)
        counts = (line.rows_read, line.accepted, line.quarantined)
        stands = "sí" if line.vigente else "apartada" if line.apartada else ""
        cells = (*said, STATES[line.state], *counts, stands)
        table.add_row(*("" if cell is None else str(cell) for cell in cells))
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    click.echo(f"Publicación vigente: {document.release or 'ninguna'}")
    for line in document.deliveries:
        if line.apartada:
            named = f"{line.dependencia}/{line.export}_{line.trimestre}, versión {line.version}"
            click.echo(f"Apartada: {named}. {line.apartada}")
    for path in document.inbox:
        click.echo(f"Por recibir: {path}")


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path("plantillas"))
def templates(folder: Path) -> None:
    """Escribe la plantilla XLSX de cada entrega en FOLDER."""
    from ingest.templates import write_templates

    written = write_templates(folder)
    click.echo(f"{len(written)} plantillas en {folder}")


@click.command()
@click.argument("export")
def contract(export: str) -> None:
    """Imprime el contrato de EXPORT como documento ODCS 3.1 completo."""
    from ingest.contract import export_names, load_contract
    from pamga.errors import UsageError

    if export not in export_names():
        raise UsageError(f"There is no contract {export!r}.", f"There are: {', '.join(export_names())}.")
    click.echo(load_contract(export).content, nl=False)


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seed", default=2026, show_default=True, help="Misma semilla, mismos archivos.")
def sample(folder: Path, seed: int) -> None:
    """Escribe en FOLDER un buzón de ejemplo con entregas inventadas y creíbles."""
    from ingest.sample import write_inbox

    write_inbox(folder, seed)
    click.echo(f"Buzón de ejemplo en {folder}")


@click.command()
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--trimestre", default="2026T3", show_default=True)
@click.option("--inbox", type=click.Path(file_okay=False, path_type=Path), help="Por omisión <data>/inbox.")
def real(source: Path, trimestre: str, inbox: Path | None) -> None:
    """Acomoda en el buzón los archivos públicos reales que hay en SOURCE, tal como son."""
    from ingest.real_files import lay_out

    target = inbox or load_settings().layout.inbox
    for path in lay_out(source, target, trimestre):
        click.echo(str(path))


@click.command()
@json_option
def retention(as_json: bool) -> None:
    """Borra de la bóveda los originales que ya cumplieron su plazo (PAMGA_VAULT_RETENTION_YEARS)."""
    from ingest.privacy.retention import enforce_retention

    removed = enforce_retention(load_settings())
    if as_json:
        print_json({"removed": removed})
    else:
        click.echo(f"Originales borrados: {len(removed)}")


@click.command("receipt-day")
@click.argument("export")
@click.argument("trimestre")
@click.argument("dependencia")
@click.argument("version", type=int)
@click.option("--dia", required=True, type=click.DateTime(["%Y-%m-%d"]), help="El día en que de verdad se recibió.")
@click.option("--motivo", required=True, help="Por qué estaba mal; se publica.")
@click.option("--persona", metavar="NOMBRE", help="Quién lo corrige; se publica. Si falta, se pregunta.")
@json_option
def receipt_day(
    export: str, trimestre: str, dependencia: str, version: int, dia: datetime, motivo: str, persona: str | None, as_json: bool
) -> None:  # fmt: skip
    """Corrige el día en que se recibió una versión, cuando un reloj anotó otro.

    Lo recibido no se toca: la corrección se anota aparte, con nombre y motivo, y se publica. Si con el día correcto sus filas
    quedan de otro modo, hay una versión nueva con su acuse.
    """
    from ingest.landing import Identity
    from ingest.receipt_day import correct_receipt_day

    settings = load_settings()
    entry, stands = correct_receipt_day(
        settings, Identity(export, trimestre, dependencia), version, dia.date(), named(persona), motivo
    )
    tell_unkept(settings)
    if as_json:
        print_json({**entry.stored(), "queda": stands.version})
        return
    name = f"{dependencia}/{export}_{trimestre}, versión {version}"
    click.echo(f"{name}: se recibió el {entry.recibido}; decía {entry.decia}.")
    if stands.version != version:
        click.echo(f"Con ese día sus filas quedan de otro modo: es la versión {stands.version}.")


@click.command("rotate-key")
@json_option
def rotate_key(as_json: bool) -> None:
    """Cambia la llave de los seudónimos y vuelve a cifrar los ya guardados, desde la bóveda.

    Con PAMGA_HMAC_KEY_NEXT se da la llave nueva; sin ella (y sin PAMGA_HMAC_KEY) se hace una. Se puede repetir si se
    interrumpe.
    """
    from ingest.privacy.rotation import rotate

    settings = load_settings()
    rotated = rotate(settings)
    tell_unkept(settings)
    if as_json:
        print_json(asdict(rotated))
    else:
        click.echo(f"Entregas con seudónimos nuevos: {len(rotated.deliveries)}. Llave: {rotated.hmac_key_id}")
        for name in rotated.kept:
            click.echo(f"Conserva la llave anterior, porque su original ya cumplió su plazo en la bóveda: {name}")
