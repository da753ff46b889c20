"""XLSX, XLS and ODS through calamine, plus what calamine does not tell (`sheet_facts`).

Cells come as a person sees them: dates as ISO text, 37680.0 as 37680, a percentage as its number of hundredths, a formula
by its saved result. A formula without one, or with an error, is a bad cell and not an empty one.
"""

from __future__ import annotations

import datetime as dt
import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import python_calamine as calamine

from ingest.contract import Contract
from ingest.readers.grid import Grid, assemble
from ingest.readers.guard import Kind
from ingest.readers.header import (
    HEADER_SEARCH_ROWS,
    HeaderMatch,
    check_length,
    check_width,
    column_letters,
    complete,
    find_header,
    fold,
    require_header,
    shown,
)
from ingest.readers.sheet_facts import SheetFacts, scan_ods, scan_xls, scan_xlsx
from ingest.reading import Limits, Reading, RefusedFile

_FIFTEEN_DIGITS = 16  # and the point
_BATCH = 5_000
_MAX_LISTED_ROWS = 20
_EPOCH_1900 = dt.date(1899, 12, 30)
_EPOCH_1904 = dt.date(1904, 1, 1)
_SERIAL_DATES = range(20_000, 80_000)
"""Serial numbers read as dates in a date column: 1954 to 2119. A bare 2026 is a year, not the 18th of July 1905."""
_VISIBLE = calamine.SheetVisibleEnum.Visible
_WORKSHEET = calamine.SheetTypeEnum.WorkSheet


@contextmanager
def _no_collection() -> Iterator[None]:
    """A list per row makes the cycle collector walk all of them again and again, and there are no cycles among cells."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@dataclass
class _Sheet:
    """A sheet as far as it is known before its rows are read."""

    name: str
    visible: bool
    content: calamine.CalamineSheet
    facts: SheetFacts
    head: list[list[str]]
    match: HeaderMatch | None

    @property
    def score(self) -> int:
        return self.match.score if self.match else 0

    @property
    def end(self) -> tuple[int, int]:
        """Row and column, from 0, of the last cell in use."""
        end: tuple[int, int] = self.content.end or (-1, -1)
        return end

    @property
    def rows_below(self) -> int:
        return 0 if self.match is None else self.end[0] - self.match.row


def read_workbook(path: Path, kind: Kind, contract: Contract, limits: Limits) -> Reading:
    """Read one sheet of a workbook: the one whose header matches the contract best. Raises RefusedFile."""
    facts, date_1904 = _facts(path, kind, limits)
    try:
        with calamine.CalamineWorkbook.from_path(str(path)) as workbook:
            sheets = _sheets(workbook, facts, contract)
            sheet, match, notes = _choose(sheets, contract)
            with _no_collection():
                grid, serial_notes = _grid(sheet, match, contract, limits, date_1904)
    except calamine.PasswordError:
        raise RefusedFile(["El libro está protegido con contraseña. Quítesela y vuelva a entregarlo."]) from None
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise RefusedFile(
            [f"El libro está dañado y no se puede leer ({shown(str(error))}). Ábralo y guárdelo de nuevo."]
        ) from None
    except BaseException as error:  # calamine reports a panic of its own as a BaseException of no public class
        if type(error).__name__ != "PanicException":
            raise
        raise RefusedFile(["El libro está dañado y no se puede leer. Ábralo y guárdelo de nuevo."]) from None
    understood: dict[str, Any] = {
        "formato": kind.value,
        "codificacion": None,
        "separador": None,
        "fila_encabezado": match.row + 1,
        "hoja": sheet.name,
        "columnas": column_letters(match),
    }
    notes += _hidden_row_notes(sheet, match) + _merged_cell_notes(sheet, match) + serial_notes
    return assemble(grid, match, contract, understood, notes)


def _facts(path: Path, kind: Kind, limits: Limits) -> tuple[dict[str, SheetFacts] | list[SheetFacts], bool]:
    if kind is Kind.XLSX:
        xlsx = scan_xlsx(path, limits)
        return xlsx.sheets, xlsx.date_1904
    if kind is Kind.ODS:
        return scan_ods(path, limits), False
    xls = scan_xls(path)
    return xls.sheets, xls.date_1904


# ---- which sheet -------------------------------------------------------------------------------------------------------


def _sheets(
    workbook: calamine.CalamineWorkbook,
    facts: dict[str, SheetFacts] | list[SheetFacts],
    contract: Contract,
) -> list[_Sheet]:
    sheets = []
    for index, metadata in enumerate(workbook.sheets_metadata):
        if metadata.typ is not _WORKSHEET:
            continue
        if isinstance(facts, dict):
            own = facts.get(metadata.name, SheetFacts())
        else:
            own = facts[index] if index < len(facts) else SheetFacts()
        content = workbook.get_sheet_by_index(index)
        head = _head(content)
        sheets.append(
            _Sheet(metadata.name, metadata.visible is _VISIBLE, content, own, head, find_header(head, contract))
        )
    return sheets


def _head(content: calamine.CalamineSheet) -> list[list[str]]:
    """The first rows as text, merged cells filled with the value that the person sees across them."""
    if content.start is None:
        return []
    left = content.start[1]
    rows = [
        [""] * left + [cell if isinstance(cell, str) else _text(cell) for cell in row]
        for row in islice(content.iter_rows(), HEADER_SEARCH_ROWS)
    ]
    for (top, first), (bottom, last) in content.merged_cell_ranges or []:
        if top >= len(rows) or first >= len(rows[top]):
            continue
        value = rows[top][first]
        # Filled downwards only: a title over several columns is the name of none of them.
        for row in rows[top + 1 : bottom + 1] if first == last else ():
            row[first] = value
    return rows


def _choose(sheets: Sequence[_Sheet], contract: Contract) -> tuple[_Sheet, HeaderMatch, list[str]]:
    """The sheet to read, its header and what to say about the others. Raises RefusedFile when none fits or two fit equally."""
    notes: list[str] = []
    hidden = [sheet.name for sheet in sheets if not sheet.visible]
    if hidden:
        notes.append(f"El libro tiene hojas ocultas: {_quoted(hidden)}.")
    if not any(any(row) for sheet in sheets for row in sheet.head):
        raise RefusedFile(["El libro está vacío: no trae ni encabezados."])
    fitting = [sheet for sheet in sheets if complete(sheet.match, contract)]
    visible = [sheet for sheet in fitting if sheet.visible] or fitting
    # Where few columns are obligatory, a line of instructions that names one would do for a header: it names fewer.
    most = max((sheet.score for sheet in visible), default=0)
    candidates = [sheet for sheet in visible if 2 * sheet.score > most]
    filled = [sheet for sheet in candidates if sheet.rows_below > 0]
    if len(filled) > 1:
        filled = [sheet for sheet in filled if fold(sheet.name) in (fold(contract.export), "datos")] or filled
    if len(filled) > 1:
        names = _quoted([sheet.name for sheet in filled])
        raise RefusedFile(
            [
                f"Las hojas {names} traen todas el encabezado de «{contract.export}» y datos debajo: no se sabe cuál entregar. "
                "Junte las filas en una sola hoja."
            ]
        )
    best = max(sheets, key=lambda sheet: sheet.score)
    chosen = next(iter(filled or candidates), best)
    where = f" en la hoja «{shown(chosen.name)}»" if len(sheets) > 1 else ""
    match = require_header(chosen.match, chosen.head, contract, where)
    others = [sheet.name for sheet in sheets if sheet is not chosen]
    if others:
        notes.append(
            f"Se leyó la hoja «{shown(chosen.name)}», cuyo encabezado corresponde; no se leyeron: {_quoted(others)}."
        )
    if not chosen.visible:
        notes.append(f"La hoja leída, «{shown(chosen.name)}», está oculta.")
    return chosen, match, notes


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"«{shown(name)}»" for name in names)


def _hidden_row_notes(sheet: _Sheet, match: HeaderMatch) -> list[str]:
    hidden = [row + 1 for row in sheet.facts.hidden_rows if match.row < row <= sheet.end[0]]
    if not hidden:
        return []
    listed = ", ".join(map(str, hidden[:_MAX_LISTED_ROWS]))
    more = f" y {len(hidden) - _MAX_LISTED_ROWS} más" if len(hidden) > _MAX_LISTED_ROWS else ""
    return [f"La hoja tiene filas ocultas, que se leyeron como las demás: {listed}{more}."]


def _merged_cell_notes(sheet: _Sheet, match: HeaderMatch) -> list[str]:
    below = [
        f"{top + 1} a {bottom + 1}" if bottom > top else str(top + 1)
        for (top, _), (bottom, _) in sheet.content.merged_cell_ranges or []
        if top > match.row
    ]
    if not below:
        return []
    listed = "; ".join(below[:_MAX_LISTED_ROWS])
    return [
        f"Hay celdas combinadas entre los datos (filas {listed}): solo la primera de cada grupo lleva el dato. Sepárelas y repita el dato."
    ]


# ---- its cells ---------------------------------------------------------------------------------------------------------


def _grid(
    sheet: _Sheet, match: HeaderMatch, contract: Contract, limits: Limits, date_1904: bool
) -> tuple[Grid, list[str]]:
    """The rows below the header as text columns, and notes on date columns that hold serial numbers."""
    left, width = (sheet.content.start or (0, 0))[1], sheet.end[1] + 1
    first = match.row + 1
    check_width(width - left, limits)
    check_length(sheet.rows_below, limits)
    match.cells += [""] * (width - len(match.cells))
    dates = {index for name, index in match.columns.items() if _tipo(contract, name) == "fecha"}
    percents = _by_column(sheet.facts.percents, first)
    epoch = _EPOCH_1904 if date_1904 else _EPOCH_1900
    chunks: list[list[pl.Series]] = [[] for _ in range(width)]
    natives: list[list[npt.NDArray[np.bool_]]] = [[] for _ in range(width)]
    dated: list[list[npt.NDArray[np.bool_]]] = [[] for _ in range(width)]
    serial_columns: set[int] = set()
    rows = islice(sheet.content.iter_rows(), first, None)
    start = 0
    while batch := list(islice(rows, _BATCH)):
        for offset, values in enumerate(zip(*batch, strict=True)):
            index = left + offset
            cells: Sequence[Any] = values
            if index in percents:
                cells = _as_percent(values, percents[index], start)
            if index in dates:
                cells, serial = _serials_as_dates(cells, epoch)
                if serial:
                    serial_columns.add(index)
            texts, native = _column(cells)
            chunks[index].append(texts)
            natives[index].append(native)
            dated[index].append(_dated(values))
        for index in range(left):
            chunks[index].append(pl.Series([None], dtype=pl.String).new_from_index(0, len(batch)))
            natives[index].append(np.zeros(len(batch), dtype=bool))
            dated[index].append(np.zeros(len(batch), dtype=bool))
        start += len(batch)
    columns = [pl.concat(parts) if parts else pl.Series([], dtype=pl.String) for parts in chunks]
    native_columns = {index: np.concatenate(parts) for index, parts in enumerate(natives) if parts}
    dated_columns = {index: np.concatenate(parts) for index, parts in enumerate(dated) if parts}
    unreadable = [
        (row - first, column, text)
        for (row, column), text in sorted(sheet.facts.errors.items())
        if first <= row < first + start and column < width
    ]
    fila = np.arange(first + 1, first + 1 + start, dtype=np.int64)
    notes = [
        f"La columna «{shown(match.cells[index])}» trae fechas como número de serie de la hoja de cálculo; se leyeron como fechas."
        for index in sorted(serial_columns)
    ]
    return Grid(_without_errors(columns, unreadable), fila, native_columns, dated_columns, unreadable=unreadable), notes


def _dated(values: Sequence[Any]) -> npt.NDArray[np.bool_]:
    kinds = (dt.date, dt.datetime, dt.time, dt.timedelta)
    if not set(map(type, values)).intersection(kinds):
        return np.zeros(len(values), dtype=bool)
    return np.fromiter((type(value) in kinds for value in values), bool, len(values))


def _tipo(contract: Contract, name: str) -> str | None:
    return next((column.tipo for column in contract.columnas if column.nombre == name), None)


def _by_column(cells: set[tuple[int, int]], first: int) -> dict[int, list[int]]:
    columns: dict[int, list[int]] = {}
    for row, column in cells:
        if row >= first:
            columns.setdefault(column, []).append(row - first)
    return columns


def _as_percent(values: Sequence[Any], rows: Sequence[int], start: int) -> list[Any]:
    """85 where the cell shows 85 % and holds 0.85."""
    cells = list(values)
    for row in rows:
        if 0 <= row - start < len(cells) and type(cells[row - start]) in (int, float):
            cells[row - start] = float(f"{cells[row - start] * 100:.13g}")
    return cells


def _serials_as_dates(values: Sequence[Any], epoch: dt.date) -> tuple[Sequence[Any], bool]:
    if not {int, float} & set(map(type, values)):
        return values, False
    cells = [
        epoch + dt.timedelta(days=int(value)) if type(value) in (int, float) and int(value) in _SERIAL_DATES else value
        for value in values
    ]
    return cells, any(new is not old for new, old in zip(cells, values, strict=True))


def _column(values: Sequence[Any]) -> tuple[pl.Series, npt.NDArray[np.bool_]]:
    """Cells of one column as text, null when empty, and which of them were real numbers, dates or booleans."""
    count = len(values)
    try:
        texts, native = pl.Series(values, dtype=pl.String), np.zeros(count, dtype=bool)
    except TypeError:
        texts, native = _mixed_column(values)
    return texts.set(texts == "", None), native


def _mixed_column(values: Sequence[Any]) -> tuple[pl.Series, npt.NDArray[np.bool_]]:
    """`_column` where not all cells are text; a column of one kind goes without a call per cell."""
    kinds = set(map(type, values))
    every = np.ones(len(values), dtype=bool)
    if kinds == {dt.date}:
        return pl.Series(values, dtype=pl.Date).cast(pl.String), every
    if kinds == {float}:
        return _numbers(values), every
    texts = [value if type(value) is str else _text(value) for value in values]
    native = np.fromiter((type(value) is not str for value in values), bool, len(values))
    return pl.Series(texts, dtype=pl.String), native


def _numbers(values: Sequence[float]) -> pl.Series:
    """`_text` for a column of numbers only, without a call per cell.

    polars writes the shortest text that names the number; up to 15 digits and without an exponent that is what `_text` writes.
    """
    numbers = pl.Series(values, dtype=pl.Float64)
    texts = numbers.cast(pl.String)
    size = numbers.abs()
    alike = (size >= 1e-3) & (size < 1e15) & (texts.str.len_bytes() <= _FIFTEEN_DIGITS)
    texts = texts.str.strip_suffix(".0")
    others = (~alike).arg_true()
    return texts.scatter(others, [_text(values[row]) for row in others])


def _text(value: Any) -> str:
    """A cell as the person sees it, dates in ISO form."""
    kind = type(value)
    if kind is float:
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    if kind is dt.date:
        return str(value)
    if kind is dt.datetime:
        midnight = value.time() == dt.time()
        return str(value.date() if midnight else value.isoformat(sep=" ", timespec="seconds"))
    if kind is bool:
        return "true" if value else "false"
    if kind is dt.time:
        return str(value.isoformat(timespec="seconds"))
    return str(value)


def _without_errors(columns: list[pl.Series], unreadable: Sequence[tuple[int, int, str]]) -> list[pl.Series]:
    """Error cells that came through as text (ODS writes them so) are null: their text stands in the bad cell."""
    for index in {column for _, column, _ in unreadable}:
        rows = [row for row, column, _ in unreadable if column == index]
        columns[index] = columns[index].scatter(rows, None)
    return columns
