"""A sheet's cells as its parser gives them, whatever the format: what was seen, and nothing that was not.

One parser reads each format in one pass: XLSX (`ooxml`), XLS (`biff`), ODS (`ods`). Only cells that hold something are kept,
so a sheet costs what it holds and not the rectangle up to its last cell.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ingest.readers.header import column_letter, title_shown
from ingest.readers.number_formats import Meaning, NumberFormat
from ingest.reading import Limits, RefusedFile
from pamga.clock import CITY
from pamga.spanish import month

HEAD_ROWS = 60
"""Rows that hold something and are enough to tell which sheet is meant."""
NO_RESULT = "fórmula sin resultado guardado"
NO_DATE = "fecha que no existe en el calendario"
HIDDEN = "valor que el formato de la celda no deja ver"
COVERED = "celda tapada por una celda combinada"
DAMAGED = "El libro está dañado o incompleto. Ábralo, guárdelo de nuevo y vuelva a entregarlo."
EXCEL_ROWS = 1_048_576
_MAX_CELLS = 30_000_000
"""Cells of the rectangle of the rows and columns in use (a full sheet of 28 columns)."""
MAX_MERGED_CELLS = 400_000
"""Cells under all merged ranges of a sheet: 24 titles across all 16,384 columns."""
_EPOCH_1900 = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's dates have no zone
_EPOCH_1904 = dt.datetime(1904, 1, 1)  # noqa: DTZ001
_LAST_SERIAL = 2_958_466
_DAY_SECONDS = 86_400
_NEXT_SECOND = 1e-4
"""A moment this near to the next second is that one; 23:59:59.999, the end of a day in many programs, is still that day."""


class CellError:
    """A cell that shows an error, or whose value the file does not hold."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class ShapedNumber:
    """A number that its format shows as another text; `text` is None when that cannot be told."""

    __slots__ = ("text", "value")

    def __init__(self, value: float, text: str | None) -> None:
        self.value = value
        self.text = text


class MonthOnly:
    """The first day of a month in a cell whose format shows no day: nobody chose that day, the program put it there."""

    __slots__ = ("day",)

    def __init__(self, day: dt.date) -> None:
        self.day = day

    @property
    def text(self) -> str:
        """What a person sees, in words."""
        return f"{month(self.day.month)} de {self.day.year}"


@dataclass
class SheetCells:
    """Rows and columns are numbered from 0. A value is a str, float, bool, date, datetime, time, `ShapedNumber`,
    `Percentage`, `MonthOnly` or `CellError`; None where the row has nothing in that column."""

    rows: list[int] = field(default_factory=list)
    """The rows that hold something, ascending."""
    columns: dict[int, list[Any]] = field(default_factory=dict)
    """Per column in use: one value per row of `rows` (after `finish`)."""
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    """First and last of each hidden group."""
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    """Top, left, bottom and right of the merged ranges."""
    end: tuple[int, int] = (-1, -1)
    """Row and column of the last cell that the file mentions, empty ones too."""

    def add_row(self, row: int, cells: dict[int, Any], limits: Limits, sheet: str) -> None:
        """Add a row below the others. Raises RefusedFile beyond the limits."""
        if self.rows and row <= self.rows[-1]:
            raise RefusedFile(DAMAGED)
        if row >= min(EXCEL_ROWS, limits.rows + 1000):
            raise too_many_rows(limits)
        position = len(self.rows)
        columns = self.columns
        for column, value in cells.items():
            values = columns.get(column)
            if values is None:
                values = columns[column] = self._new_column(row, column, limits, sheet)
            if len(values) < position:
                values.extend([None] * (position - len(values)))
            values.append(value)
        self.rows.append(row)
        if position * len(columns) > _MAX_CELLS:
            raise far_cell(sheet, row, max(cells))

    def _new_column(self, row: int, column: int, limits: Limits, sheet: str) -> list[Any]:
        if column >= limits.columns and column > 2 * max(self.columns, default=0) + 100:
            raise far_cell(sheet, row, column)
        if max([column, *self.columns]) - min([column, *self.columns]) >= limits.columns:
            raise RefusedFile(
                f"La hoja «{title_shown(sheet)}» tiene datos hasta la columna {column_letter(column)} y el límite es de "
                f"{limits.columns:,} columnas. Borre las columnas sobrantes."
            )
        return []

    def finish(self) -> SheetCells:
        """Every column as long as `rows`; cells under a merged one say so, as a person does not see them."""
        height = len(self.rows)
        for values in self.columns.values():
            values.extend([None] * (height - len(values)))
        if self.merges:
            self._cover()
        return self

    def _cover(self) -> None:
        places = {row: place for place, row in enumerate(self.rows)}
        for top, left, bottom, right in self.merges:
            for row in range(top, bottom + 1):
                place = places.get(row)
                if place is None:
                    continue
                for column in self.columns.keys() & set(range(left, right + 1)):
                    value = self.columns[column][place]
                    if (row, column) != (top, left) and value not in (None, ""):
                        self.columns[column][place] = CellError(COVERED)


@dataclass
class Sheet:
    """A sheet of a workbook, read when it is asked for."""

    name: str
    visible: bool
    head: Callable[[], SheetCells]
    """The first `HEAD_ROWS` rows that hold something. Raises RefusedFile."""
    read: Callable[[], SheetCells]
    """All of it. Raises RefusedFile."""


class Percentage:
    """A number that is shown as a percentage: `value` are its hundredths."""

    __slots__ = ("value",)

    def __init__(self, fraction: float) -> None:
        self.value = float(f"{fraction * 100:.13g}")

    @property
    def text(self) -> str:
        """What a person sees, with all digits."""
        return f"{self.value:.15g}%"


@dataclass
class Workbook:
    sheets: list[Sheet]
    date_1904: bool = False


def without_zone(moment: dt.datetime) -> dt.datetime:
    """A moment of a cell by the clock of the city. Midnight in Greenwich is a day that its program wrote without a time, and
    every spreadsheet shows that day."""
    if moment.tzinfo is None:
        return moment
    if moment.utcoffset() == dt.timedelta(0) and moment.time() == dt.time():
        return moment.replace(tzinfo=None)
    return moment.astimezone(CITY).replace(tzinfo=None)


def too_many_rows(limits: Limits) -> RefusedFile:
    return RefusedFile(
        f"La hoja tiene más de {limits.rows:,} filas, que es el límite. Borre las filas vacías del final o divida el archivo."
    )


def far_cell(sheet: str, row: int, column: int) -> RefusedFile:
    return RefusedFile(
        f"La hoja «{title_shown(sheet)}» tiene celdas sueltas muy lejos de los datos ({column_letter(column)}{row + 1}) y ocupa "
        "demasiado. Borre esa celda, o copie solo los datos a un libro nuevo."
    )


def check_merges(merges: Iterable[tuple[int, int, int, int]], sheet: str) -> None:
    """Raises RefusedFile for merged cells that would have to be written out one by one by the million."""
    covered = sum((bottom - top + 1) * (right - left + 1) for top, left, bottom, right in merges)
    if covered > MAX_MERGED_CELLS:
        raise RefusedFile(
            f"La hoja «{title_shown(sheet)}» tiene celdas combinadas que abarcan {covered:,} celdas. Sepárelas "
            "(Inicio, Combinar y centrar) o copie solo los datos a un libro nuevo."
        )


def number_as_shown(value: float, form: NumberFormat, date_1904: bool) -> Any:
    """A number with a format of its own, as a person sees it."""
    meaning = form.meaning
    if meaning is Meaning.PERCENT and form.is_percentage(value):
        return Percentage(value)
    if meaning is Meaning.PERCENT and value == 0:
        return value  # shown as a hyphen or as nothing, which is how a percentage of none is often shown
    if meaning in (Meaning.SHAPED, Meaning.PERCENT):
        text = form.shown(value)
        return CellError(HIDDEN) if text == "" and value else ShapedNumber(value, text)
    if meaning is Meaning.NUMBER:
        return value
    moment = _moment(value, meaning, date_1904)
    return MonthOnly(moment) if type(moment) is dt.date and moment.day == 1 and not form.shows_day else moment


def _moment(value: float, meaning: Meaning, date_1904: bool) -> Any:
    if not 0 <= value < _LAST_SERIAL:
        return CellError("########")  # so a spreadsheet shows a day that its calendar does not have
    days, seconds = divmod(int(value * _DAY_SECONDS + _NEXT_SECOND), _DAY_SECONDS)
    epoch = _EPOCH_1904 if date_1904 else _EPOCH_1900
    if not date_1904 and 0 < days < 60:
        days += 1  # the calendar of 1900 counts a 29 February that was not
    moment = epoch + dt.timedelta(days=days, seconds=seconds)
    if meaning is Meaning.DATE:
        return moment.date()
    if meaning is Meaning.TIME and value < 1:
        return moment.time()
    return moment if seconds else moment.date()
