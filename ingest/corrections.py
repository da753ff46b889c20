"""What goes back to be mended comes in again: our own sheet of rows is merged onto the file that it corrects.

The original is read again from the vault, so every cell that nobody touched keeps the value and the type that it had, whatever
the format it came in; a cell that differs from what was handed out is the person's. Rows are told apart by the number that
they have in the original file.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from ingest.checks.words import folded, normalised
from ingest.contract import Contract
from ingest.landing import Identity, empty_rejects
from ingest.privacy import vault
from ingest.privacy.masks import HIDDEN, MASKED, mask, mask_code
from ingest.readers.guard import Kind, first_look
from ingest.reading import LIST_SHEET, ROWS_SHEET, Limits, Reading, RefusedFile
from pamga.documents.deliveries import Corrects, Manifest
from pamga.errors import PamgaError
from pamga.settings import Settings
from pamga.spanish import counted
from pamga.storage import private_folder

MAX_HANDED_OUT = 20_000
"""Bad cells that go back to be mended. A file with more has one fault many times: the counts by column say which."""
MAX_COPIED_CELLS = 400_000
"""A larger sheet is not copied: openpyxl would need minutes. Its author gets the rows to mend instead."""
_CELL_LIMIT = 32_000
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REPEATED = ("clave_repetida", "fila_repetida")
_NAMED_ROWS = 10
_DEEPEST = 50  # corrections of corrections
_CANDIDATES = 12  # versions among which the one that a sheet corrects is looked for
_ALIKE = 0.5


@dataclass(frozen=True)
class Vaulted:
    """Where the originals of one delivery are, to be read again."""

    settings: Settings
    identity: Identity
    contract: Contract
    known: Sequence[Manifest]
    """Manifests of its versions, oldest first."""

    def manifest(self, version: int) -> Manifest:
        return next(manifest for manifest in self.known if manifest.version == version)

    def reading(self, manifest: Manifest, depth: int = 0) -> Reading:
        """The file of a version read again; a correction merged onto what it corrected. Raises RefusedFile when it cannot be."""
        original = manifest.restored_from
        while original is not None:
            manifest = self.manifest(original)
            original = manifest.restored_from
        limits = Limits.of(self.settings)
        try:
            with private_folder() as private:
                target = private / ("original" + Path(manifest.archivo).suffix)
                reading = read_dropped(vault.take_out(self.settings, manifest.sha256, target), self.contract, limits)
        except PamgaError as error:
            raise RefusedFile(_not_kept(manifest)) from error
        corrects = manifest.corrects
        if corrects is None or depth > _DEEPEST:
            return reading
        handed_out = self.reading(self.manifest(corrects.version), depth + 1)
        target_reading = handed_out
        if corrects.applied_to != corrects.version:
            target_reading = self.reading(self.manifest(corrects.applied_to), depth + 1)
        return _merged(target_reading, handed_out, reading, self._repeated_rows(corrects.version), self.contract)[0]

    def _repeated_rows(self, version: int) -> set[int]:
        """Rows that were handed out because they are repeated: one that does not come back was taken out."""
        rejects = self.rejects(version).head(MAX_HANDED_OUT)
        return set(rejects.filter(pl.col("regla").is_in(_REPEATED))["fila"].to_list())

    def rejects(self, version: int) -> pl.DataFrame:
        folder = self.settings.layout.version(
            self.identity.export, self.identity.trimestre, self.identity.dependencia, version
        )
        path = folder / "rejects.parquet"
        return pl.read_parquet(path, hive_partitioning=False) if path.exists() else empty_rejects()


def kind_of_correction(contract: Contract | None, reading: Reading | None) -> Literal["lista", "copia", "filas"]:
    """What goes back: the list of cells only (personal data), a copy of the office's own sheet, or the rows to mend."""
    if contract is None or contract.has_personal:
        return "lista"
    is_own_sheet = reading is not None and reading.hoja is not None and "corrige" not in reading.understood
    if reading is None or not is_own_sheet:
        return "filas"
    cells = max(reading.extent, reading.rows.height * max(1, reading.rows.width))
    return "copia" if cells <= MAX_COPIED_CELLS else "filas"


def writable(text: str) -> str:
    """Text that a workbook can hold."""
    return _NOT_IN_XML.sub(" ", text)[:_CELL_LIMIT]


def read_dropped(source: Path, contract: Contract, limits: Limits) -> Reading:
    """Read a dropped file; our own sheet of rows also where the export comes in another format, and our list of errors is
    refused by its name. Raises RefusedFile."""
    from ingest.readers import read

    try:
        return read(source, contract, limits)
    except RefusedFile:
        names = _sheet_names(source, limits)
        if names == [LIST_SHEET]:
            raise RefusedFile(
                "Este archivo es la lista de celdas por corregir que acompaña al acuse, no la entrega. "
                "Corrija esas celdas en su archivo original y entréguelo completo."
            ) from None
        if contract.formato.disposicion != "tabla" and any(name.startswith(ROWS_SHEET) for name in names):
            from ingest.readers.workbook import read_workbook

            return read_workbook(source, first_look(source, limits), contract, limits)
        raise


def _sheet_names(source: Path, limits: Limits) -> list[str]:
    """Names of a workbook's sheets; none where it is no workbook, or one that cannot be opened."""
    from ingest.readers.workbook import sheet_names

    with contextlib.suppress(RefusedFile):
        kind = first_look(source, limits)
        if kind in (Kind.XLSX, Kind.XLS, Kind.ODS):
            return sheet_names(source, kind, limits)
    return []


# ---- the product's own sheet of rows -----------------------------------------------------------------------------------


def completed(originals: Vaulted, reading: Reading) -> tuple[Reading, Corrects | None]:
    """The reading of a dropped file as it is to be judged, and of which version it is the correction (a manifest's `corrects`).

    Our own sheet of rows becomes the whole file that it mends, and what a marked copy hides (`[teléfono oculto]`) is put
    back. Any other reading stays as it is. Raises RefusedFile with the reason and the way out.
    """
    if reading.origin is None:
        _put_back_hidden_texts(originals, reading)
        return reading, None
    if originals.contract.has_personal:
        raise RefusedFile(
            "Esta entrega lleva datos personales y de ella solo se devuelve la lista de celdas por corregir: no se reciben filas "
            "sueltas («fila en su archivo»). Corrija su archivo original y entréguelo completo."
        )
    handed_out, base = _handed_out(originals, reading)
    target = _newest_of(originals, handed_out)
    onto = base if target is handed_out else originals.reading(target)
    merged, changes = _merged(onto, base, reading, originals._repeated_rows(handed_out.version), originals.contract)
    merged.notes = [_what_was_merged(handed_out, target, changes), *merged.notes]
    merged.understood = merged.understood | {"corrige": handed_out.version}
    return merged, Corrects(version=handed_out.version, applied_to=target.version)


def _handed_out(originals: Vaulted, sheet: Reading) -> tuple[Manifest, Reading]:
    """The version whose rows the sheet holds, and its file read again: the one with rows to mend that has these rows, with most of
    these cells. Raises RefusedFile when none had."""
    rows = {int(text) for text in map(_row_number, _origin(sheet)) if text.isdecimal()}
    best: tuple[float, Manifest, Reading] | None = None
    not_kept: list[str] = []
    for manifest in _with_rows_to_mend(originals):
        try:
            reading = originals.reading(manifest)
        except RefusedFile as refusal:
            not_kept += refusal.reasons
            continue
        if not rows or not rows <= set(reading.fila.tolist()) or reading.rows.height != manifest.rows_read:
            continue
        alike = _alike(sheet, reading)
        if alike >= _ALIKE and (best is None or alike > best[0]):
            best = (alike, manifest, reading)
    if best is not None:
        return best[1], best[2]
    name = f"{originals.identity.export}_{originals.identity.trimestre}"
    unknown = (
        f"Este archivo trae solo filas por corregir, y no son las de ninguna entrega de {name} que se haya recibido: no se sabe "
        "cuáles son las demás filas. Entregue el archivo completo."
    )
    raise RefusedFile(*(not_kept[:1] or [unknown]))


def _with_rows_to_mend(originals: Vaulted) -> list[Manifest]:
    """The newest versions of which something went back, newest first."""
    return [m for m in reversed(originals.known) if m.rejects_by_rule][:_CANDIDATES]


def _origin(sheet: Reading) -> list[str | None]:
    return [] if sheet.origin is None else sheet.origin.to_list()


def _row_number(text: str | None) -> str:
    return normalised(text or "").removesuffix(".0").replace(",", "")


def _alike(sheet: Reading, original: Reading) -> float:
    """Share of the sheet's cells that still say what the original's rows of those numbers say."""
    place = {int(fila): index for index, fila in enumerate(original.fila) if int(fila) not in original.broken}
    numbers = [_row_number(text) for text in _origin(sheet)]
    pairs = [(position, place[int(n)]) for position, n in enumerate(numbers) if n.isdecimal() and int(n) in place]
    same = total = 0
    for name in sheet.rows.columns:
        own = sheet.rows[name].to_list()
        was = original.rows[name].to_list() if name in original.rows.columns else [None] * original.rows.height
        total += len(pairs)
        same += sum(_same(was[index], own[position]) for position, index in pairs)
    return same / total if total else 1.0


def _newest_of(originals: Vaulted, handed_out: Manifest) -> Manifest:
    """What the corrected rows go onto: the newest version that came of the handed-out one. Raises RefusedFile when another
    file was delivered since."""
    newest = handed_out
    for manifest in originals.known:
        if manifest.version <= handed_out.version or not manifest.stands:
            continue
        if not _comes_from(originals, manifest, handed_out.version):
            raise RefusedFile(
                f"Son las filas por corregir de la versión {handed_out.version}, pero después se recibió otro archivo "
                f"completo, la versión {manifest.version}, que es la que vale. Corrija las filas de esa versión (su acuse "
                "trae las suyas) o entregue el archivo completo."
            )
        newest = manifest
    return newest


def _comes_from(originals: Vaulted, manifest: Manifest, version: int) -> bool:
    """The manifest is that version, restored or corrected."""
    while manifest.version != version:
        corrects = manifest.corrects
        earlier = manifest.restored_from or (corrects.applied_to if corrects else None)
        if earlier is None:
            return False
        manifest = originals.manifest(earlier)
    return True


@dataclass
class _Changes:
    cells: int = 0
    rows: int = 0
    taken_out: int = 0
    added: int = 0


def _merged(
    onto: Reading, handed_out: Reading, sheet: Reading, repeated: set[int], contract: Contract
) -> tuple[Reading, _Changes]:
    """`onto` with the cells of `sheet` that differ from what was `handed_out`."""
    rows, new = _numbered(sheet, handed_out)
    place = {int(fila): index for index, fila in enumerate(onto.fila)}
    before = {int(fila): index for index, fila in enumerate(handed_out.fila)}
    result = replace(
        onto, native=dict(onto.native), dated=dict(onto.dated), missing_optional=list(onto.missing_optional)
    )
    changed_rows: set[int] = set()
    edited: set[tuple[int, str]] = set()
    for name in sheet.rows.columns:
        own = sheet.rows[name].to_list()
        was = handed_out.rows[name].to_list() if name in handed_out.rows.columns else None
        edits = {
            place[fila]: position
            for fila, position in rows.items()
            if fila in place and not _same(None if was is None else was[before[fila]], own[position])
        }
        edited |= {(int(onto.fila[index]), name) for index in edits}
        changed_rows |= set(edits)
        _write(result, name, sheet, edits)
    retyped = {fila for fila, _ in edited} & onto.broken
    result.broken = onto.broken - retyped
    result.bad_cells = [c for c in onto.bad_cells if (c.fila, c.columna) not in edited and c.fila not in retyped]
    gone = repeated - set(rows)
    _take_out(result, gone)
    first_new = _append(result, sheet, new, contract)
    numbers = {int(sheet.fila[position]): fila for fila, position in rows.items() if fila in place}
    numbers |= {int(sheet.fila[position]): first_new + index for index, position in enumerate(new)}
    _carry_unreadable(result, sheet, numbers)
    taken_out = len(set(place) & gone)
    return result, _Changes(len(edited), len(changed_rows), taken_out, len(new))


def _numbered(sheet: Reading, handed_out: Reading) -> tuple[dict[int, int], list[int]]:
    """Row of the original -> position in the sheet; and the positions of rows without a number, which are new. Raises
    RefusedFile for a number that is none of the file's, or is there twice."""
    known = set(handed_out.fila.tolist())
    rows: dict[int, int] = {}
    new: list[int] = []
    strange: list[str] = []
    for position, text in enumerate(_origin(sheet)):
        clean = _row_number(text)
        if not clean:
            new.append(position)
        elif not clean.isdecimal() or int(clean) not in known or int(clean) in rows:
            strange.append(f"«{clean[:20]}» (fila {sheet.fila[position]} de este archivo)")
        else:
            rows[int(clean)] = position
    if strange:
        listed = ", ".join(strange[:_NAMED_ROWS])
        raise RefusedFile(
            "En la columna «fila en su archivo» hay números que no son de esa entrega o están repetidos: "
            f"{listed}. No cambie esa columna; para una fila nueva déjela vacía."
        )
    return rows, new


def _same(handed_out: str | None, now: str | None) -> bool:
    """The cell still says what was handed out."""
    was, now = normalised(writable(handed_out or "")), normalised(now or "")
    return now in _as_shown(was)


def _as_shown(text: str) -> tuple[str, ...]:
    """A text and how it may have gone back: masked as prose or as a code, or hidden whole."""
    return text, mask(text), mask_code(text), HIDDEN


def _write(result: Reading, name: str, sheet: Reading, edits: dict[int, int]) -> None:
    """Put the sheet's cells into a column of the result, with their types."""
    if name not in result.rows.columns:
        if not edits:
            return
        result.rows = result.rows.with_columns(pl.lit(None, dtype=pl.String).alias(name))
        result.missing_optional = [other for other in result.missing_optional if other != name]
    if not edits:
        return
    places, positions = list(edits), list(edits.values())
    texts = result.rows[name].scatter(places, sheet.rows[name].gather(positions))
    result.rows = result.rows.with_columns(texts.alias(name))
    for masks, own in ((result.native, sheet.native), (result.dated, sheet.dated)):
        if name in masks or name in own:
            mine = masks.get(name, pl.repeat(False, result.rows.height, eager=True))
            theirs = own.get(name, pl.repeat(False, sheet.rows.height, eager=True))
            masks[name] = mine.scatter(places, theirs.gather(positions))


def _take_out(result: Reading, gone: set[int]) -> None:
    keep = ~np.isin(result.fila, sorted(gone))
    if keep.all():
        return
    kept = pl.Series(keep)
    result.rows, result.fila = result.rows.filter(kept), result.fila[keep]
    result.native = {name: series.filter(kept) for name, series in result.native.items()}
    result.dated = {name: series.filter(kept) for name, series in result.dated.items()}
    result.scope = None if result.scope is None else result.scope.filter(kept)
    result.geometry = None if result.geometry is None else result.geometry.filter(kept)
    result.bad_cells = [cell for cell in result.bad_cells if cell.fila not in gone]
    result.broken -= gone


def _carry_unreadable(result: Reading, sheet: Reading, numbers: dict[int, int]) -> None:
    """Cells of the sheet that cannot be read (an error, a formula without its result) are no empty cells."""
    found = [replace(cell, fila=numbers[cell.fila]) for cell in sheet.bad_cells if cell.fila in numbers]
    places = {(cell.fila, cell.columna) for cell in found}
    kept = [cell for cell in result.bad_cells if (cell.fila, cell.columna) not in places]
    result.bad_cells = sorted([*kept, *found], key=lambda cell: cell.fila)
    result.broken |= {numbers[fila] for fila in sheet.broken if fila in numbers}


def _append(result: Reading, sheet: Reading, new: list[int], contract: Contract) -> int:
    """Rows that the sheet holds besides those of the file, numbered on from its last one; returns the first new number."""
    last = int(result.fila.max()) if len(result.fila) else 1
    if not new:
        return last + 1
    added = sheet.rows[new]
    result.rows = pl.concat([result.rows, added], how="diagonal")
    result.fila = np.concatenate([result.fila, np.arange(last + 1, last + 1 + len(new), dtype=np.int64)])
    for masks, own in ((result.native, sheet.native), (result.dated, sheet.dated)):
        for name in {*masks, *own} & set(result.rows.columns):
            mine = masks.get(name, pl.repeat(False, result.rows.height - len(new), eager=True))
            theirs = own.get(name, pl.repeat(False, sheet.rows.height, eager=True)).gather(new)
            masks[name] = pl.concat([mine, theirs])
    if result.geometry is not None:
        result.geometry = pl.concat([result.geometry, pl.Series([None] * len(new), dtype=result.geometry.dtype)])
    if result.scope is not None:  # they were typed for this municipality
        own_scope = {scope.nombre: [scope.igual] * len(new) for scope in contract.solo}
        result.scope = pl.concat([result.scope, pl.DataFrame(own_scope).select(result.scope.columns)])
    return last + 1


def _what_was_merged(handed_out: Manifest, target: Manifest, changes: _Changes) -> str:
    onto = f"la versión {handed_out.version} (archivo {Path(handed_out.archivo).name})"
    said = [
        f"{'se cambió' if changes.cells == 1 else 'se cambiaron'} {counted(changes.cells, 'celda')} en {counted(changes.rows, 'fila')}"
    ]
    if changes.taken_out:
        taken = counted(changes.taken_out, "fila repetida", "filas repetidas")
        said.append(f"{'se quitó' if changes.taken_out == 1 else 'se quitaron'} {taken}")
    if changes.added:
        one, many = "fila nueva, numerada después de la última", "filas nuevas, numeradas después de la última"
        said.append(f"{'se agregó' if changes.added == 1 else 'se agregaron'} {counted(changes.added, one, many)}")
    later = f"; las demás correcciones que ya había en la versión {target.version} se conservan"
    return (
        f"Son las filas corregidas de {onto}: {', '.join(said)}. Las demás filas son las de ese archivo, y las filas se numeran "
        f"como en él{later if target is not handed_out else ''}."
    )


# ---- what a marked copy hides ------------------------------------------------------------------------------------------


def _put_back_hidden_texts(originals: Vaulted, reading: Reading) -> None:
    """A copy that goes back to its office hides telephones and addresses in its texts. Where such a text comes in again
    unchanged, the original's stands in its place; one that is no original's stays, and is a bad cell."""
    contract = originals.contract
    if contract.has_personal:  # no copy of those ever goes back
        return
    names = [c.nombre for c in contract.columnas if c.nombre in reading.rows.columns and not c.seudonimo]
    hidden = {name: reading.rows[name].str.contains(MASKED).fill_null(False).arg_true().to_list() for name in names}
    hidden = {name: places for name, places in hidden.items() if places}
    for manifest in _with_rows_to_mend(originals):
        if not hidden:
            return
        try:
            original = originals.reading(manifest)
        except RefusedFile:
            continue
        hidden = _put_back_from(original, reading, hidden, contract)


def _put_back_from(
    original: Reading, reading: Reading, hidden: dict[str, list[int]], contract: Contract
) -> dict[str, list[int]]:  # fmt: skip
    """Put back what this original holds; returns what is still hidden. Rows are found by their number, then by their key."""
    by_row = {int(fila): index for index, fila in enumerate(original.fila)}
    keys = [name for name in contract.key_columns if name in reading.rows.columns and name in original.rows.columns]
    by_key = {_key(cells): index for index, cells in enumerate(original.rows.select(keys).iter_rows())} if keys else {}
    own_keys = [_key(cells) for cells in reading.rows.select(keys).iter_rows()] if keys else []
    left: dict[str, list[int]] = {}
    for name, places in hidden.items():
        texts = original.rows[name].to_list() if name in original.rows.columns else []
        column = reading.rows[name]
        found: dict[int, str] = {}
        for place in places:
            now = normalised(str(column[place]))
            candidates = [by_row.get(int(reading.fila[place])), by_key.get(own_keys[place]) if keys else None]
            for index in candidates:
                text = None if index is None or index >= len(texts) else texts[index]
                if text is not None and now in map(normalised, _as_shown(text)) and not re.search(MASKED, text):
                    found[place] = text
                    break
        if found:
            column = column.scatter(list(found), list(found.values()))
            reading.rows = reading.rows.with_columns(column.alias(name))
        if rest := [place for place in places if place not in found]:
            left[name] = rest
    return left


def _key(cells: Sequence[str | None]) -> tuple[str, ...]:
    return tuple(folded(cell or "") for cell in cells)


def _not_kept(manifest: Manifest) -> str:
    return (
        f"Corrige la versión {manifest.version}, cuyo archivo original ya no se conserva: no se sabe cuáles son las demás "
        "filas. Entregue el archivo completo."
    )
