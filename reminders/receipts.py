"""The receipts of what an office dropped, by mail: one message for what was received together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from html import escape
from pathlib import Path

from pamga.settings import Settings
from pamga.spanish import counted
from pamga.storage import sha256_bytes
from reminders.sending import Message
from reminders.words import address_of, read_addresses, signature

SUMMARY = "resumen.txt"


def receipt_messages(settings: Settings, folders: Iterable[str]) -> list[Message]:
    """A message for each office whose receipts lie in these folders (receipts/<office>/<name>, docs/interfaces.md).

    Its id names the receipts, so receiving the same files again writes nothing again.
    """
    addresses = read_addresses(settings)
    by_office: defaultdict[str, set[Path]] = defaultdict(set)
    for folder in map(Path, folders):
        if (folder / SUMMARY).is_file():
            by_office[folder.parent.name].add(folder)
    return [
        _message(settings, office, sorted(found), address_of(addresses, office))
        for office, found in sorted(by_office.items())
    ]


def _message(settings: Settings, office: str, folders: list[Path], to: str) -> Message:
    names = "\n".join(folder.name for folder in folders)
    texts = [(folder / SUMMARY).read_text(encoding="utf-8").strip() for folder in folders]
    html = (
        f"<p>Recibimos {counted(len(folders), 'archivo')} de su dependencia. Esto es lo que se entendió de cada uno; el acuse completo, "
        "con la hoja para corregir si hace falta, está en la carpeta de acuses de su dependencia.</p>"
        + "".join(f'<pre style="white-space: pre-wrap">{escape(text)}</pre><hr>' for text in texts)
        + signature(settings)
    )
    return Message(
        f"acuses-{office}-{sha256_bytes(names.encode())[:16]}", "acuse", office, (to,), (),
        f"Acuse de recibo: {counted(len(folders), 'archivo')}", html,
    )  # fmt: skip
