"""ODS through an XML parser: a cell's value, what is shown of it, errors, hidden and covered parts, in one pass."""

from __future__ import annotations

import datetime as dt
import math
import re
import zipfile
from collections.abc import Callable
from typing import Any

from ingest.checks.damage import is_sheet_error
from ingest.readers.ooxml import Attributes, parse
from ingest.readers.sheets import (
    COVERED,
    NO_DATE,
    NO_RESULT,
    CellError,
    MonthOnly,
    Percentage,
    ShapedNumber,
    Sheet,
    SheetCells,
    Workbook,
    check_merges,
    far_cell,
    too_many_rows,
    without_zone,
)
from ingest.reading import Limits, RefusedFile

_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
_STYLE = "urn:oasis:names:tc:opendocument:xmlns:style:1.0"
_CALCEXT = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
_DURATION = re.compile(r"^PT(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S$")
_SHOWN_PERCENTAGE = re.compile(r"([+-]?\d{1,15}(?:[.,]\d{1,15})?)\s?%")
_TRUTHS = {"of:=TRUE()": True, "of:=FALSE()": False}
"""How LibreOffice keeps a truth of another program's workbook."""
_PLAIN_TEXT = re.compile(r"[\s$€%,.'\u00a0+-]")
_PARTED = re.compile(r"\d\s?-\s?\d")
"""A sign within a number, as in 477-123-4567: it is shown as another text."""
_NUMBER_SHOWN = re.compile(r"[+-]?\d+(?:[.,]\d+)?E[+-]?\d{1,3}", re.IGNORECASE)
_FIRST_DAY = re.compile(r"(?<!\d)0?1(?!\d)")
"""The day of the month in what is shown of a first day; `mar-26` has none."""
_MAX_BLANKS = 10_000
_CELLS = (f"{_TABLE} table-cell", f"{_TABLE} covered-table-cell")
_NOT_SHOWN = frozenset({
    f"{_OFFICE} annotation", f"{_TABLE} shapes", f"{_TEXT} note", f"{_TEXT} ruby-text", f"{_TABLE} tracked-changes",
})  # fmt: skip
"""What stands inside a cell or a sheet and is none of its text: comments, drawings, reading aids, changes that were undone."""


def open_ods(archive: zipfile.ZipFile, limits: Limits) -> Workbook:
    """The sheets of an ODS, all read in one pass. Raises RefusedFile (macros, a password, entities) or what `DAMAGE` lists."""
    names = archive.namelist()
    if any(re.match(r"(Basic|Scripts)/.+/.+", name) for name in names):
        raise RefusedFile("El libro trae macros, que no se reciben. Guárdelo sin macros.")
    if "META-INF/manifest.xml" in names and b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise RefusedFile("El libro está protegido con contraseña. Quítesela y vuelva a entregarlo.")
    reader = _Reader(limits)
    parse(archive, "content.xml", reader.start, reader.end, reader.text)
    tables = [table for table in reader.tables if not table.linked]
    visible = [table.style not in reader.hidden_styles for table in tables]
    return Workbook([Sheet(t.name, seen, t.result, t.result) for t, seen in zip(tables, visible, strict=True)])


class _Table:
    """One sheet while it is read. Beyond the limits it is read no further, and refused when somebody asks for it."""

    def __init__(self, name: str, style: str) -> None:
        self.name = name
        self.style = style
        self.cells = SheetCells()
        self.linked = False
        self.refusal: RefusedFile | None = None
        self._finished = False

    def result(self) -> SheetCells:
        if self.refusal is not None:
            raise self.refusal
        if not self._finished:
            check_merges(self.cells.merges, self.name)
            self.cells.finish()
            self._finished = True
        return self.cells


class _Cell:
    """One written cell, which may stand for several."""

    def __init__(self, attributes: Attributes, covered: bool) -> None:
        self.attributes = attributes
        self.covered = covered
        self.paragraphs: list[list[str]] = []

    def get(self, namespace: str, name: str) -> str | None:
        return self.attributes.get(f"{namespace} {name}")

    def value(self) -> Any:
        text = "\n".join("".join(pieces) for pieces in self.paragraphs)
        value = self._seen(text)
        return CellError(COVERED) if self.covered and value not in (None, "") else value

    def _seen(self, text: str) -> Any:  # noqa: PLR0911 - one return per type of cell
        kind = self.get(_OFFICE, "value-type")
        if self.get(_CALCEXT, "value-type") == "error" or is_sheet_error(text.strip()):
            return CellError(text.strip() or "#ERROR")
        if kind in ("float", "currency", "percentage"):
            known = _TRUTHS.get(self.get(_TABLE, "formula") or "")
            if known is not None:  # shown as WAHR or VRAI, where the program speaks so
                return known
            number = float(self.get(_OFFICE, "value") or "nan")
            if not math.isfinite(number):
                return CellError(text.strip() or NO_RESULT)
            is_share = kind == "percentage" or _is_shown_as_percentage(number, text)
            return Percentage(number) if is_share else _number(number, text)
        if kind == "date":
            try:
                return _date(self.get(_OFFICE, "date-value") or "", text)
            except ValueError:  # the year 20226: a slip of the hand in one cell
                return CellError(text.strip() or NO_DATE)
        if kind == "time":
            return _time(self.get(_OFFICE, "time-value") or "", text)
        if kind == "boolean":
            truth = self.get(_OFFICE, "boolean-value")
            return truth == "true" if truth in ("true", "false") else CellError(text.strip() or NO_RESULT)
        # PhpSpreadsheet writes the formula itself where it computed none
        if self.get(_TABLE, "formula") is not None and ((kind is None and not text) or text.startswith("=")):
            return CellError(NO_RESULT)
        own = self.get(_OFFICE, "string-value")
        return (text if self.paragraphs or own is None else own) or None


def _is_shown_as_percentage(value: float, text: str) -> bool:
    """A plain number that the person sees as a percentage: 0.85 as 85 %, and not 85 beside a literal sign."""
    shown = _SHOWN_PERCENTAGE.fullmatch(text.strip())
    if shown is None or value == 0:
        return False
    seen = float(shown.group(1).replace(",", "."))
    return abs(seen - value * 100) < abs(seen - value)


def _number(value: float, text: str) -> Any:
    """A number, or one that is shown as another text: T-001, or 001."""
    shown = text.strip()
    bare = _PLAIN_TEXT.sub("", shown).lstrip("(").rstrip(")")
    if not shown or bare == "":
        return value
    if re.fullmatch(r"\d+E\d+", bare, re.IGNORECASE):  # all its digits are shown: it may be a key like 12E5
        return ShapedNumber(value, None) if _NUMBER_SHOWN.fullmatch(shown) and _as_number(shown) == value else value
    if not bare.isdecimal():
        return ShapedNumber(value, shown)
    own = len(bare) > 1 and (bare.startswith("0") if abs(value) >= 1 else value == 0 and shown == bare)
    return ShapedNumber(value, shown) if own or _PARTED.search(shown) else value


def _as_number(shown: str) -> float:
    return float(shown.replace(",", "."))


def _date(iso: str, text: str) -> Any:
    if "T" not in iso:
        day = dt.date.fromisoformat(iso)
        return MonthOnly(day) if day.day == 1 and text and not _FIRST_DAY.search(text) else day
    moment = without_zone(dt.datetime.fromisoformat(iso)).replace(microsecond=0)
    return moment if moment.time() != dt.time() and ":" in text else moment.date()


def _time(duration: str, text: str) -> Any:
    match = _DURATION.match(duration)
    if match is None or int(match.group(1)) > 23:
        return text or duration or None
    hours, minutes, seconds = map(int, match.groups())
    return dt.time(hours, minutes, seconds)


class _Reader:
    """Handlers of content.xml."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.tables: list[_Table] = []
        self.hidden_styles: set[str] = set()
        self._style = ""
        self._table: _Table | None = None
        self._depth = 0
        """Depth inside what is not shown."""
        self._nested = 0
        self._row = 0
        self._rows = 1
        self._column = 0
        self._cells: dict[int, Any] = {}
        self._hidden = False
        self._cell: _Cell | None = None
        self._group_column = 0
        self._paragraph: list[str] | None = None
        self._starts: dict[str, Callable[[Attributes], None]] = {
            f"{_STYLE} style": self._start_style,
            f"{_STYLE} table-properties": self._start_table_properties,
            f"{_TABLE} table": self._start_table,
            f"{_TABLE} table-source": self._start_source,
            f"{_TABLE} table-column": self._start_column,
            f"{_TABLE} table-row": self._start_row,
            _CELLS[0]: lambda attributes: self._start_cell(attributes, False),
            _CELLS[1]: lambda attributes: self._start_cell(attributes, True),
            f"{_TEXT} p": self._start_paragraph,
            f"{_TEXT} s": lambda a: self.text(" " * min(_MAX_BLANKS, int(a.get(f"{_TEXT} c", "1")))),
            f"{_TEXT} tab": lambda _: self.text("\t"),
            f"{_TEXT} line-break": lambda _: self.text("\n"),
        }

    def start(self, element: str, attributes: Attributes) -> None:
        if self._depth or element in _NOT_SHOWN or "drawing:1.0 " in element:
            self._depth += 1
            return
        handler = self._starts.get(element)
        if handler is not None:
            handler(attributes)

    def end(self, element: str) -> None:
        if self._depth:
            self._depth -= 1
        elif element in _CELLS:
            self._end_cell()
        elif element == f"{_TABLE} table-row":
            self._end_row()
        elif element == f"{_TEXT} p":
            self._paragraph = None
        elif element == f"{_TABLE} table":
            self._nested -= 1
            if self._nested == 0:
                self._table = None

    def text(self, data: str) -> None:
        if self._paragraph is not None and not self._depth:
            self._paragraph.append(data)

    def _start_style(self, attributes: Attributes) -> None:
        self._style = attributes.get(f"{_STYLE} name", "")

    def _start_table_properties(self, attributes: Attributes) -> None:
        if attributes.get(f"{_TABLE} display") == "false":
            self.hidden_styles.add(self._style)

    def _start_table(self, attributes: Attributes) -> None:
        self._nested += 1
        if self._nested > 1:
            return
        self._table = _Table(attributes.get(f"{_TABLE} name", ""), attributes.get(f"{_TABLE} style-name", ""))
        self.tables.append(self._table)
        self._row = self._group_column = 0

    def _start_source(self, _: Attributes) -> None:
        if self._table is not None:
            self._table.linked = True

    def _start_column(self, attributes: Attributes) -> None:
        count = _count(attributes, "number-columns-repeated")
        if self._table is not None and _is_hidden(attributes):
            self._table.cells.hidden_columns.append((self._group_column, self._group_column + count - 1))
        self._group_column += count

    def _start_row(self, attributes: Attributes) -> None:
        if self._nested > 1 or self._table is None:
            return
        self._rows = _count(attributes, "number-rows-repeated")
        self._column = 0
        self._cells = {}
        self._hidden = _is_hidden(attributes)

    def _start_cell(self, attributes: Attributes, covered: bool) -> None:
        if self._nested == 1:
            self._cell = _Cell(attributes, covered)

    def _start_paragraph(self, _: Attributes) -> None:
        if self._cell is not None:
            self._paragraph = []
            self._cell.paragraphs.append(self._paragraph)

    def _end_cell(self) -> None:
        cell, table = self._cell, self._table
        if cell is None or table is None or self._nested > 1:
            return
        self._cell = None
        count = _count(cell.attributes, "number-columns-repeated")
        down, across = (_count(cell.attributes, f"number-{way}-spanned") for way in ("rows", "columns"))
        if down > 1 or across > 1:
            table.cells.merges.append((self._row, self._column, self._row + down - 1, self._column + across - 1))
        value = cell.value() if table.refusal is None else None
        if value is not None:
            if count > self.limits.columns:
                table.refusal = far_cell(table.name, self._row, self._column + count - 1)
            else:
                self._cells.update(dict.fromkeys(range(self._column, self._column + count), value))
        self._column += count

    def _end_row(self) -> None:
        table = self._table
        if table is None or self._nested > 1:
            return
        if self._cells and table.refusal is None:
            try:
                if self._row + self._rows > self.limits.rows + 1000:
                    raise too_many_rows(self.limits)
                for row in range(self._row, self._row + self._rows):
                    table.cells.add_row(row, self._cells, self.limits, table.name)
                    if self._hidden:
                        table.cells.hidden_rows.append(row)
                table.cells.end = (self._row + self._rows - 1, max(table.cells.end[1], *self._cells))
            except RefusedFile as refusal:
                table.refusal = refusal
        self._row += self._rows


def _count(attributes: Attributes, name: str) -> int:
    count = int(attributes.get(f"{_TABLE} {name}", "1"))
    if not 1 <= count < 1 << 31:
        raise ValueError(name)
    return count


def _is_hidden(attributes: Attributes) -> bool:
    return attributes.get(f"{_TABLE} visibility", "visible") != "visible"
