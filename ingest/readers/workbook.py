"""XLSX, XLS and ODS: which sheet is meant, and its cells as a person sees them.

Dates come as ISO text, 37680.0 as 37680, a percentage as its number of hundredths, a formula by its saved result; in a column
of texts a number comes as its format shows it. A formula without result, or with an error, is a bad cell and not an empty one.
"""

from __future__ import annotations

import datetime as dt
import gc
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from ingest.contract import Contract
from ingest.readers.grid import Grid, assemble
from ingest.readers.guard import Kind
from ingest.readers.header import (
    HEADER_SEARCH_ROWS,
    HeaderMatch,
    check_length,
    check_width,
    column_letter,
    column_letters,
    complete,
    find_header,
    refuse_lost_columns,
    require_header,
    resembles,
    title_shown,
)
from ingest.readers.ooxml import DAMAGE, open_xlsx
from ingest.readers.sheets import DAMAGED, CellError, MonthOnly, Percentage, ShapedNumber, Sheet, SheetCells, Workbook
from ingest.reading import LIST_HEADERS, LIST_SHEET, Limits, Reading, RefusedFile
from pamga.faults import ALWAYS_OURS
from pamga.spanish import some

_FIFTEEN_DIGITS = 16  # and the point
_MAX_LISTED_ROWS = 20
_EPOCH_1900 = dt.date(1899, 12, 30)
_EPOCH_1904 = dt.date(1904, 1, 1)
_SERIAL_DATES = range(20_000, 80_000)
"""Serial numbers read as dates in a date column: 1954 to 2119. A bare 2026 is a year, not the 18th of July 1905."""
_NUMBERS = ("entero", "decimal")
_MOMENTS = (dt.date, dt.datetime, dt.time)
_SCALE = re.compile(r"\b(?:mdp|mdd|mill(?:ones|[oó]n)?|mil(?:es)?)\b", re.IGNORECASE)
"""A format that says `mdp` beside a number that is not so many: what the person sees is another amount."""
_NOT_TOLD = "número con un formato que no se puede escribir"


@contextmanager
def _no_collection() -> Iterator[None]:
    """A dictionary per tag makes the cycle collector walk all cells again and again, and there are no cycles among them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@dataclass
class _Candidate:
    """A sheet as far as its first rows tell."""

    sheet: Sheet
    head: list[list[str]]
    """The first rows as text, empty ones too."""
    last_row: int
    """The last of the rows looked at that hold something."""
    match: HeaderMatch | None
    refusal: RefusedFile | None = None
    """Why its head could not be read."""

    @property
    def name(self) -> str:
        return self.sheet.name

    @property
    def score(self) -> int:
        return self.match.score if self.match else 0

    @property
    def has_rows_below(self) -> bool:
        return self.match is not None and self.last_row > self.match.row


def read_workbook(path: Path, kind: Kind, contract: Contract, limits: Limits) -> Reading:
    """Read one sheet of a workbook: the one whose header matches the contract best. Raises RefusedFile; also where another
    sheet seems to hold rows of the same export."""
    with _opened(path, kind, limits) as book:
        return _read(book, kind, contract, limits)


def sheet_names(path: Path, kind: Kind, limits: Limits) -> list[str]:
    """The names of a workbook's sheets. Raises RefusedFile."""
    with _opened(path, kind, limits) as book:
        return [sheet.name for sheet in book.sheets]


@contextmanager
def _opened(path: Path, kind: Kind, limits: Limits) -> Iterator[Workbook]:
    """A workbook while it is read. Raises RefusedFile when it is damaged."""
    try:
        if kind is Kind.XLS:
            from ingest.readers.biff import open_xls

            yield open_xls(path, limits)
            return
        from ingest.readers.ods import open_ods

        with zipfile.ZipFile(path) as archive:
            yield (open_ods if kind is Kind.ODS else open_xlsx)(archive, limits)
    except DAMAGE as error:
        if isinstance(error, OSError) and error.errno in ALWAYS_OURS:
            raise
        raise RefusedFile(DAMAGED) from None


def _read(book: Workbook, kind: Kind, contract: Contract, limits: Limits) -> Reading:
    with _no_collection():
        candidates = [_candidate(sheet, contract) for sheet in book.sheets]
        chosen, match, notes = _choose(candidates, contract)
        cells = chosen.sheet.read()
        notes += [*_hidden_notes(cells, match), *_merged_cell_notes(cells, match)]
        grid, serial_notes = _grid(cells, match, contract, limits, book.date_1904)
    understood: dict[str, Any] = {
        "formato": kind.value,
        "codificacion": None,
        "separador": None,
        "fila_encabezado": match.row + 1,
        "hoja": chosen.name,
        "columnas": column_letters(match),
    }
    refuse_lost_columns(match, grid.columns, contract, f" de la hoja «{title_shown(chosen.name)}»")
    reading = assemble(grid, match, contract, understood, notes + serial_notes)
    reading.extent = (cells.end[0] + 1) * (cells.end[1] + 1)
    return reading


# ---- which sheet -------------------------------------------------------------------------------------------------------


def _candidate(sheet: Sheet, contract: Contract) -> _Candidate:
    try:
        cells = sheet.head()
    except RefusedFile as refusal:
        return _Candidate(sheet, [], -1, None, refusal)
    head = _head(cells)
    last = cells.rows[-1] if cells.rows else -1
    return _Candidate(sheet, head, last, find_header(head, contract))


def _head(cells: SheetCells) -> list[list[str]]:
    width = max(cells.columns, default=-1) + 1
    places = {row: place for place, row in enumerate(cells.rows) if row < HEADER_SEARCH_ROWS}
    head = []
    for row in range(max(places, default=-1) + 1):
        texts = [""] * width
        if row in places:
            for column, values in cells.columns.items():
                texts[column] = _text(values[places[row]]) or ""
        head.append(texts)
    return head


def _choose(candidates: Sequence[_Candidate], contract: Contract) -> tuple[_Candidate, HeaderMatch, list[str]]:
    """The sheet to read, its header and what to say about the others. Raises RefusedFile when none fits, when two fit
    equally, or when one that is not read resembles the export."""
    notes: list[str] = []
    hidden = [candidate.name for candidate in candidates if not candidate.sheet.visible]
    if hidden:
        notes.append(f"El libro tiene hojas ocultas: {_quoted(hidden)}.")
    if not any(any(row) for candidate in candidates for row in candidate.head):
        raise next((c.refusal for c in candidates if c.refusal), None) or RefusedFile(
            "El libro está vacío: no trae ni encabezados."
        )
    fitting = [candidate for candidate in candidates if complete(candidate.match, contract)]
    visible = [candidate for candidate in fitting if candidate.sheet.visible] or fitting
    # Where few columns are obligatory, a line of instructions that names one would do for a header: it names fewer.
    most = max((candidate.score for candidate in visible), default=0)
    equals = [candidate for candidate in visible if 2 * candidate.score > most]
    filled = [candidate for candidate in equals if candidate.has_rows_below]
    if len(filled) > 1:
        names = _quoted([candidate.name for candidate in filled])
        raise RefusedFile(
            f"Las hojas {names} traen todas el encabezado de «{contract.export}» y datos debajo: no se sabe cuál entregar. "
            "Junte las filas en una sola hoja."
        )
    best = max(candidates, key=lambda candidate: candidate.score)
    chosen = next(iter(filled or equals), best)
    if chosen.refusal is not None:
        raise chosen.refusal
    where = f" en la hoja «{title_shown(chosen.name)}»" if len(candidates) > 1 else ""
    match = require_header(chosen.match, chosen.head, contract, where)
    others = [candidate for candidate in candidates if candidate is not chosen and not _is_our_list(candidate)]
    _refuse_lost_rows(chosen, match, others, contract)
    if others:
        notes.append(
            f"Se leyó la hoja «{title_shown(chosen.name)}», cuyo encabezado corresponde; no se leyeron: {_quoted([o.name for o in others])}."
        )
    if not chosen.sheet.visible:
        notes.append(f"La hoja leída, «{title_shown(chosen.name)}», está oculta.")
    return chosen, match, notes


def _is_our_list(candidate: _Candidate) -> bool:
    """The list of errors that stands beside the rows in a correction that went back (ingest/receipts/correction.py)."""
    first = set(candidate.head[0]) if candidate.head else set()
    return candidate.name.startswith(LIST_SHEET) and {"Fila", "Columna", "Qué pasa"} <= first <= {*LIST_HEADERS, ""}


def _refuse_lost_rows(
    chosen: _Candidate, match: HeaderMatch, others: Sequence[_Candidate], contract: Contract
) -> None:  # fmt: skip
    """Raises RefusedFile when a sheet that is not read seems to hold rows of the export."""
    reasons = []
    for other in others:
        hidden = "" if other.sheet.visible else " (está oculta)"
        said = f"La hoja «{title_shown(other.name)}»{hidden} no se leyó y parece traer más filas de «{contract.export}»"
        remedy = "Junte todas las filas en una sola hoja con el mismo encabezado; si esa hoja no es parte de la entrega, bórrela."
        if other.refusal is not None:  # what it holds cannot be told
            raise other.refusal
        header = resembles(other.head, other.last_row, match, contract)
        if header is not None:
            row, pairs = header
            named = "; ".join(f"«{cell}» donde se espera «{name}»" for cell, name in pairs)
            wrong = (
                f", con otro encabezado (fila {row + 1}: {named})" if pairs else f" (encabezado en la fila {row + 1})"
            )
            reasons.append(f"{said}{wrong}. {remedy}")
        elif _continues(chosen, match, other):
            reasons.append(
                f"{said}, sin encabezado: sus columnas traen lo mismo que las de «{title_shown(chosen.name)}». {remedy}"
            )
    if reasons:
        raise RefusedFile(*reasons)


def _continues(chosen: _Candidate, match: HeaderMatch, other: _Candidate) -> bool:
    """The rows of a sheet without header look like those below the chosen sheet's: numbers, dates and texts in the same
    columns."""
    rows = [row for row in chosen.head[match.row + 1 :] if any(row)]
    more = [row for row in other.head if any(row)]
    places = sorted(match.columns.values())
    if len(more) < 2 or len(places) < 3 or not rows:
        return False
    first, second = (_kinds(part, places) for part in (rows, more))
    alike = sum(one == two for one, two in zip(first, second, strict=True) if one)
    used = sum(bool(one) for one in first)
    return used >= 3 and alike >= 0.8 * used and len({one for one in first if one}) > 1


def _kinds(rows: Sequence[Sequence[str]], places: Sequence[int]) -> list[str]:
    """What most cells of each column are: number, date, text, or nothing."""
    kinds = []
    for place in places:
        cells = [row[place].strip() for row in rows if place < len(row) and row[place].strip()]
        numbers = sum(cell.lstrip("-").replace(".", "", 1).isdecimal() for cell in cells)
        dates = sum(
            sum(char.isdigit() for char in cell) >= 5 and cell.count("-") + cell.count("/") == 2 for cell in cells
        )
        kinds.append("" if not cells else "n" if 2 * numbers > len(cells) else "d" if 2 * dates > len(cells) else "t")
    return kinds


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"«{title_shown(name)}»" for name in names)


def _hidden_notes(cells: SheetCells, match: HeaderMatch) -> Iterator[str]:
    last = cells.rows[-1] if cells.rows else -1
    rows = [row + 1 for row in cells.hidden_rows if match.row < row <= last]
    if rows:
        yield f"La hoja tiene filas ocultas, que se leyeron como las demás: {some(rows, _MAX_LISTED_ROWS)}."
    columns = [
        column_letter(column)
        for column in sorted(cells.columns)
        if any(first <= column <= end for first, end in cells.hidden_columns)
    ]
    if columns:
        yield f"La hoja tiene columnas ocultas, que se leyeron como las demás: {some(columns, _MAX_LISTED_ROWS)}."


def _merged_cell_notes(cells: SheetCells, match: HeaderMatch) -> list[str]:
    below = [
        f"{top + 1} a {bottom + 1}" if bottom > top else str(top + 1)
        for top, _, bottom, _ in sorted(cells.merges)
        if top > match.row
    ]
    if not below:
        return []
    return [
        f"Hay celdas combinadas entre los datos (filas {'; '.join(below[:_MAX_LISTED_ROWS])}): solo la primera de cada grupo lleva el dato. Sepárelas y repita el dato."
    ]


# ---- its cells ---------------------------------------------------------------------------------------------------------


def _grid(
    cells: SheetCells, match: HeaderMatch, contract: Contract, limits: Limits, date_1904: bool
) -> tuple[Grid, list[str]]:
    """The rows below the header as text columns, and notes on date columns that hold serial numbers."""
    width = max(cells.columns, default=-1) + 1
    check_width(len(cells.columns), limits)
    first = int(np.searchsorted(np.asarray(cells.rows, dtype=np.int64), match.row, side="right"))
    count = len(cells.rows) - first
    check_length(count, limits)
    match.cells = [*match.cells, *[""] * (width - len(match.cells))][:width]
    kinds = {index: _tipo(contract, name) for name, index in match.columns.items()}
    of_percentages = {
        match.columns[c.nombre] for c in contract.columnas if c.unidad == "%" and c.nombre in match.columns
    }
    epoch = _EPOCH_1904 if date_1904 else _EPOCH_1900
    empty = pl.Series([None], dtype=pl.String).new_from_index(0, count)
    columns: list[pl.Series] = []
    native: dict[int, npt.NDArray[np.bool_]] = {}
    dated: dict[int, npt.NDArray[np.bool_]] = {}
    unreadable: list[tuple[int, int, str]] = []
    notes = []
    for index in range(width):
        if index not in cells.columns:
            columns.append(empty)
            continue
        values: Sequence[Any] = cells.columns.pop(index)[first:]
        if kinds.get(index) == "fecha":
            values, serial = _serials_as_dates(values, epoch)
            if serial:
                notes.append(
                    f"La columna «{title_shown(match.cells[index])}» trae fechas como número de serie de la hoja de cálculo; se leyeron como fechas."
                )
        values, errors = _told_apart(values, kinds.get(index, ""), index in of_percentages)
        unreadable += [(row, index, text) for row, text in errors]
        texts, native[index] = _column(values)
        dated[index] = _dated(values)
        columns.append(texts)
    unreadable.sort()
    fila = np.asarray(cells.rows[first:], dtype=np.int64) + 1
    return Grid(columns, fila, native, dated, unreadable=unreadable), notes


def _tipo(contract: Contract, name: str) -> str:
    """A column's type; a month beside the others counts cases."""
    return next((column.tipo for column in contract.columnas if column.nombre == name), "entero")


def _told_apart(values: Sequence[Any], tipo: str, of_percentages: bool) -> tuple[Sequence[Any], list[tuple[int, str]]]:
    """The cells of one column without its errors and shaped numbers, and the errors by position. A percentage is its hundredths
    where percentages are asked for, else what a person sees; a month without its day is no date."""
    if not {CellError, ShapedNumber, Percentage, MonthOnly} & set(map(type, values)):
        return values, []
    cells, errors = list(values), []
    is_number = tipo in _NUMBERS
    for row, value in enumerate(values):
        if type(value) is ShapedNumber:
            in_words = value.text is not None and _SCALE.search(value.text) is not None
            cells[row] = value.value if is_number and not in_words else value.text
            if not is_number and value.text is None:
                errors.append((row, f"{_text(value.value)}, {_NOT_TOLD}"))
        elif type(value) is Percentage:
            cells[row] = value.value if of_percentages else value.text
        elif type(value) is MonthOnly:
            cells[row] = value.text if tipo == "fecha" else value.day
        elif type(value) is CellError:
            cells[row] = None
            errors.append((row, value.text))
    return cells, errors


def _serials_as_dates(values: Sequence[Any], epoch: dt.date) -> tuple[Sequence[Any], bool]:
    if float not in set(map(type, values)):
        return values, False
    cells = [
        epoch + dt.timedelta(days=int(value)) if type(value) is float and int(value) in _SERIAL_DATES else value
        for value in values
    ]
    return cells, any(new is not old for new, old in zip(cells, values, strict=True))


def _dated(values: Sequence[Any]) -> npt.NDArray[np.bool_]:
    if not set(map(type, values)).intersection(_MOMENTS):
        return np.zeros(len(values), dtype=bool)
    return np.fromiter((type(value) in _MOMENTS for value in values), bool, len(values))


def _column(values: Sequence[Any]) -> tuple[pl.Series, npt.NDArray[np.bool_]]:
    """Cells of one column as text, null when empty, and which of them were real numbers, dates or booleans. A column of one
    kind goes without a call per cell."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str}:
        texts = pl.Series(values, dtype=pl.String)
        return texts.set(texts == "", None), np.zeros(len(values), dtype=bool)
    if kinds == {dt.date}:
        texts = pl.Series(values, dtype=pl.Date).cast(pl.String)
        return texts, texts.is_not_null().to_numpy()
    if kinds == {float}:
        texts = _numbers(values)
        return texts, texts.is_not_null().to_numpy()
    texts = pl.Series([value if type(value) is str else _text(value) for value in values], dtype=pl.String)
    native = np.fromiter((type(value) is not str and value is not None for value in values), bool, len(values))
    return texts.set(texts == "", None), native


def _numbers(values: Sequence[float | None]) -> pl.Series:
    """`_text` for a column of numbers only, without a call per cell.

    polars writes the shortest text that names the number; up to 15 digits and without an exponent that is what `_text` writes.
    """
    numbers = pl.Series(values, dtype=pl.Float64)
    texts = numbers.cast(pl.String)
    size = numbers.abs()
    alike = (size >= 1e-3) & (size < 1e15) & (texts.str.len_bytes() <= _FIFTEEN_DIGITS)
    texts = texts.str.strip_suffix(".0")
    others = (~alike).fill_null(False).arg_true()
    return texts.scatter(others, [_text(values[row]) for row in others])


def _text(value: Any) -> str | None:  # noqa: PLR0911 - one return per type of cell
    """A cell as the person sees it, dates in ISO form; None when empty."""
    kind = type(value)
    if kind is str or value is None:
        return value  # type: ignore[no-any-return]
    if kind is float:
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    if kind is bool:
        return "true" if value else "false"
    if kind is dt.datetime:
        return str(value.isoformat(sep=" ", timespec="seconds"))
    if kind in (Percentage, MonthOnly):
        return str(value.text)
    if kind is ShapedNumber:
        return value.text or _text(value.value)
    if kind is CellError:
        return str(value.text)
    return str(value.isoformat())
