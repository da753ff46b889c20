"""The answer to the person who dropped a file: a page, a summary for e-mail, and a workbook to mend.

Nothing here decides anything: it tells an `Outcome`. Writing the same outcome again gives the same bytes.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from ingest.names import shown
from ingest.reading import Outcome
from ingest.receipts.bad_cells import bad_cells_csv
from ingest.receipts.correction import correction_workbook
from ingest.receipts.page import describe, html_page, plain_summary
from pamga.settings import Settings
from pamga.storage import write_atomically

__all__ = ["receipt_folder", "write_receipt"]

PAGE, SUMMARY, CORRECTION, LISTING = "index.html", "resumen.txt", "correccion.xlsx", "errores.csv"
_UNKNOWN_OFFICE = "_sin_identificar"


def write_receipt(settings: Settings, outcome: Outcome, source: Path) -> Path:
    """Write the receipt of an outcome and return its folder. `source` is the dropped file, or a copy with its bytes.

    The page is written last, so a folder with a page is whole. A killed run that starts again writes the same files.
    """
    folder = receipt_folder(settings, outcome)
    receipt = describe(outcome)
    if outcome.rejects.height and outcome.contract is not None and outcome.reading is not None:
        content, note = correction_workbook(outcome, source)
        receipt.correction, receipt.correction_note = CORRECTION, note
        write_atomically(folder / CORRECTION, content)
    if receipt.total_cells:
        write_atomically(folder / LISTING, bad_cells_csv(outcome, receipt.shows_values))
        receipt.listing = LISTING
    write_atomically(folder / SUMMARY, plain_summary(receipt).encode())
    write_atomically(folder / PAGE, html_page(receipt).encode())
    return folder


def receipt_folder(settings: Settings, outcome: Outcome) -> Path:
    """Where the receipt of an outcome stands (docs/interfaces.md); a duplicate's stands beside the one it repeats."""
    manifest = outcome.manifest
    office = _slug(manifest.get("dependencia") or "") or _UNKNOWN_OFFICE
    identity = [manifest.get("export"), manifest.get("trimestre"), manifest.get("version")]
    if all(identity):
        name = f"{_slug(str(identity[0]))}_{_slug(str(identity[1]), lower=False)}_v{int(str(identity[2])):04d}"
        if manifest.get("state") == "duplicate":
            name += "_duplicado"
    else:
        stem = _slug(Path(shown(str(manifest.get("archivo") or ""))).stem)[:40] or "archivo"
        name = f"{stem}_{_slug(str(manifest.get('refused_id') or manifest.get('sha256') or 'sin_leer'))[:16]}"
    return settings.layout.receipts / office / name


def _slug(text: str, lower: bool = True) -> str:
    """A name that is safe as a folder: ASCII letters, digits, `_` and `-` only."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_-]+", "_", ascii_text.lower() if lower else ascii_text).strip("_")[:80]
