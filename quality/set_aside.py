"""An office is told that its delivery was set aside: by mail, and by a note beside its receipt (docs/quality.md, "Set aside").

The note is what an office without a mail address sees; it goes when the delivery is corrected or let in again.
"""

from __future__ import annotations

from datetime import date
from html import escape
from pathlib import Path

from pamga.documents.lock import Lock, SetAside
from pamga.exports import exports
from pamga.layout import Layout
from pamga.settings import Settings
from pamga.spanish import day_in_words
from pamga.standing import BY_FINDINGS, Version, set_aside_now, version_of
from pamga.storage import write_atomically

NOTE = "apartada.txt"
LISTED = 20


def set_aside_versions(layout: Layout) -> list[SetAside]:
    """What is set aside now and has not been corrected, as the newest lock says it."""
    lock = Lock.if_there(layout.run("latest") / "inputs.lock")
    if lock is None:
        return []
    now = set_aside_now(layout, lock.versions)
    return [entry for entry in lock.apartadas if not entry.corregida and version_of(entry) in now]


def _title(name: str) -> str:
    known = exports().get(name)
    return known.titulo if known else name


def in_words(entry: SetAside) -> list[str]:
    """What happened, why and what to do, a paragraph each; rows are lines that begin with a dash."""
    name = f"{entry.dependencia}/{entry.export}_{entry.trimestre}"
    by = "" if entry.origen == BY_FINDINGS else f" Lo decidió {entry.persona}."
    instead = (
        f"Mientras tanto vale su versión {entry.queda}." if entry.queda else "Mientras tanto cuenta como no recibida."
    )
    received = f", recibida el {day_in_words(date.fromisoformat(entry.received_on))}" if entry.received_on else ""
    lines = [
        f"La entrega {name} («{_title(entry.export)}», versión {entry.version}{received}) "
        f"se apartó y no cuenta. Motivo: {str(entry.motivo).rstrip('.')}.{by}",
        f"{instead} Lo que entregaron las demás dependencias se publica como siempre.",
    ]
    for finding in entry.hallazgos:
        lines.append(f"{finding.titulo}: {finding.reach}. {finding.remedio or ''}".rstrip())
        for row in finding.ejemplos[:LISTED]:
            where = f"fila {row.fila}, {row.columna}" if row.fila else str(row.columna)
            lines.append(f"- {where}: {row.detalle}")
        if finding.filas > LISTED:
            lines.append("- … y más")
    if entry.veredictos:
        lines.append(
            "Si lo que entregó es correcto, no tiene que hacer nada: una persona lo acepta con su nombre y su motivo, que se publican, "
            f"y entonces cuenta (pamga set-aside {entry.export} {entry.trimestre} {entry.dependencia} {entry.version} "
            "--readmit --persona NOMBRE --motivo TEXTO). El veredicto anterior se sigue mostrando junto al nuevo."
        )
        return lines
    lines.append("Corrija el archivo y déjelo de nuevo en su carpeta con el mismo nombre: cuando llegue bien, cuenta.")
    return lines


def as_html(entry: SetAside) -> str:
    """The same for a mail."""
    return "".join(f"<p>{escape(line)}</p>" for line in in_words(entry))


def write_notes(settings: Settings) -> list[Path]:
    """Put a note beside the receipt of each version that is set aside, and take away those of the others. Returns those written."""
    layout = settings.layout
    wanted = {
        _note(layout, version_of(entry)): "\n".join(in_words(entry)) + "\n" for entry in set_aside_versions(layout)
    }
    for path in layout.receipts.glob(f"*/*/{NOTE}"):
        if path not in wanted:
            path.unlink()
    written = []
    for path, text in wanted.items():
        if path.parent.is_dir() and (not path.exists() or path.read_text(encoding="utf-8") != text):
            write_atomically(path, text.encode())
            written.append(path)
    return written


def _note(layout: Layout, version: Version) -> Path:
    export, trimestre, dependencia, number = version
    return layout.receipts / dependencia / f"{export}_{trimestre}_v{number:04d}" / NOTE
