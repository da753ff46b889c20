"""The answer to the person who dropped a file: a page, a summary for e-mail, and a workbook to mend.

Nothing here decides anything: it tells an `Outcome`. Writing the same outcome again gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from ingest.contract import load_contracts
from ingest.names import shown
from ingest.reading import Outcome
from ingest.receipts.bad_cells import bad_cells_csv
from ingest.receipts.correction import correction_workbook
from ingest.receipts.page import describe, html_page, plain_summary
from pamga.documents.deliveries import Refusal
from pamga.settings import Settings
from pamga.spanish import file_name
from pamga.storage import write_atomically

__all__ = ["receipt_files", "receipt_folder", "write_receipt"]

PAGE, SUMMARY, CORRECTION, LISTING = "index.html", "resumen.txt", "correccion.xlsx", "errores.csv"
_UNKNOWN_OFFICE = "_sin_identificar"


def write_receipt(settings: Settings, outcome: Outcome, source: Path, files: Mapping[str, bytes] | None = None) -> Path:
    """Write the receipt of an outcome and return its folder. `source` is the dropped file, or a copy with its bytes; `files`
    what `receipt_files` made of both, where that was done apart.

    The page is written last, so a folder with a page is whole. A killed run that starts again writes the same files.
    """
    folder = receipt_folder(settings, outcome)
    for name, content in (receipt_files(outcome, source) if files is None else files).items():
        write_atomically(folder / name, content)
    return folder


def receipt_files(outcome: Outcome, source: Path) -> dict[str, bytes]:
    """Name -> content of a receipt's files, in the order in which they are written."""
    files: dict[str, bytes] = {}
    reply = describe(outcome)
    if outcome.rejects.height and outcome.contract is not None and outcome.reading is not None:
        files[CORRECTION], reply.correction_note = correction_workbook(outcome, source)
        reply.correction = CORRECTION
    if reply.total_cells:
        files[LISTING] = bad_cells_csv(outcome, reply.shows_values)
        reply.listing = LISTING
    files[SUMMARY] = plain_summary(reply).encode()
    files[PAGE] = html_page(reply).encode()
    return files


def receipt_folder(settings: Settings, outcome: Outcome) -> Path:
    """Where the receipt of an outcome stands (docs/interfaces.md); a duplicate's stands beside the one it repeats."""
    manifest = outcome.manifest
    office = file_name(manifest.dependencia or "") or _likely_office(outcome) or _UNKNOWN_OFFICE
    if manifest.export and manifest.trimestre and manifest.version:
        name = f"{manifest.export}_{manifest.trimestre}_v{manifest.version:04d}"
        if manifest.state == "duplicate":
            name += "_duplicado"
    else:
        known_by = (manifest.refused_id if isinstance(manifest, Refusal) else None) or manifest.sha256 or "sin_leer"
        stem = file_name(Path(shown(str(manifest.archivo or ""))).stem)[:40] or "archivo"
        name = f"{stem}_{file_name(known_by)[:16]}"
    return settings.layout.receipts / office / name


def _likely_office(outcome: Outcome) -> str | None:
    """Whose file it probably is when its folder names no office (somebody renamed it): that of the one office that delivers the
    export, else of the one whose name the folder's resembles. Nobody looks for an answer in a folder that is not theirs."""
    contract = outcome.contract
    if contract is not None and len(contract.dependencias) == 1:
        return contract.dependencias[0]
    offices = contract.dependencias if contract else {o for c in load_contracts().values() for o in c.dependencias}
    folder = file_name(str(outcome.manifest.archivo or "").partition("/")[0])
    return next(iter(get_close_matches(folder, sorted(offices), n=1)), None)
