"""What a receipt says of the version that a delivery replaces, and of a delivery that waits for its office's word."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from ingest.comparison import COPIES, LOSES, loses_most
from ingest.contract import Contract
from pamga.documents.deliveries import Received


@dataclass(frozen=True)
class Compared:
    """The section of a receipt: a title, lines of (what, how many, for instance), and the changed cells by column."""

    title: str
    lines: list[tuple[str, int, str]]
    by_column: list[tuple[str, int]]


def compared(manifest: Received) -> Compared | None:
    """The comparison of a manifest; None where there was nothing to replace."""
    change = manifest.replaces
    if not change:
        return None
    lines = [
        (f"Filas de la versión {change.version} ({change.trimestre})", change.rows_before, ""),
        ("Filas de esta versión", change.rows_after, ""),
        ("Claves que ya no vienen", change.keys_gone, _examples(change.first_gone)),
        ("Claves nuevas", change.keys_new, _examples(change.first_new)),
        ("Claves que ahora vienen con baja", change.withdrawn, ""),
        ("Filas con algún dato distinto", change.rows_changed, ""),
    ]
    by_column = sorted(change.changed_by_column.items(), key=lambda item: (-item[1], item[0]))
    title = f"Comparada con la versión {change.version} de {change.trimestre}, a la que sustituye"
    if manifest.state == "held":
        title = f"Comparada con la versión {change.version} de {change.trimestre}, que sigue vigente"
    kept = [line for line in lines if line[1] or not line[0].startswith("Claves que ahora")]
    return Compared(title, kept, by_column)


def _examples(keys: list[str]) -> str:
    return ", ".join(keys)


def headline(manifest: Received) -> str | None:
    """What the headline adds when most of what stood is gone with this version; None otherwise."""
    change = manifest.replaces
    if not change or manifest.state == "duplicate" or not loses_most(change):
        return None
    verb = "quitaría" if manifest.state == "held" else "quita"
    return f"{verb} {change.lost:,} de las {change.rows_before:,} filas que valían"


def how_to_confirm(manifest: Received, contract: Contract | None) -> list[str]:
    """Steps for a version that waits for its office: mend it, or confirm it by the file's name."""
    doubts = manifest.doubts or []
    steps = []
    if LOSES in doubts:
        steps.append(
            "Si faltan filas por error, deje en su carpeta el archivo completo, con todas las filas del trimestre: "
            "la nueva versión sustituye a la anterior."
        )
        if contract is not None and contract.entrega == "parcial":
            steps.append("Si quiere retirar claves, márquelas con Sí en la columna baja; si fueron muchas, confírmelo.")
    if COPIES in doubts:
        steps.append("Si se equivocó de archivo, deje el del trimestre correcto, con el mismo nombre.")
    steps.append(
        f"Si es correcto, deje este mismo archivo otra vez en su carpeta con «_confirmada» en el nombre: "
        f"{_confirmed_name(manifest)}. Mientras tanto no cuenta; si había una versión anterior, sigue vigente."
    )
    return steps


def _confirmed_name(manifest: Received) -> str:
    """The name that confirms: one under which this file did not come, for a name is a word once."""
    own = PurePosixPath(str(manifest.archivo))
    name = f"{manifest.export}_{manifest.trimestre}_confirmada"
    if "confirmad" in own.stem.lower():
        name += f"_{(manifest.version or 0) + 1}"
    return name + own.suffix
