"""XLS (BIFF 2 to 8) through xlrd, which tells formats, errors, hidden parts and merged ranges beside the values."""

from __future__ import annotations

import io
import re
import struct
import traceback
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import xlrd
import xlrd.compdoc

from ingest.readers.number_formats import BUILT_IN, Meaning, NumberFormat, number_format
from ingest.readers.sheets import (
    DAMAGED,
    NO_RESULT,
    CellError,
    Sheet,
    SheetCells,
    Workbook,
    check_merges,
    number_as_shown,
)
from ingest.reading import Limits, RefusedFile


class _Container(xlrd.compdoc.CompDoc):  # type: ignore[misc]
    """xlrd follows the sectors of a small stream round and round where a damaged file links them into a ring, and as far as a file
    says that a stream goes. That streams share sectors is no damage: PHPExcel writes books so, and spreadsheets open them."""

    def _locate_stream(
        self, mem: bytes, base: int, sat: Any, sec_size: int, start_sid: int, expected_stream_size: int, *rest: Any
    ) -> Any:
        if expected_stream_size > len(mem):
            raise xlrd.compdoc.CompDocError("a stream longer than the file")
        return super()._locate_stream(mem, base, sat, sec_size, start_sid, expected_stream_size, *rest)

    def _get_stream(self, mem: bytes, base: int, sat: Any, *given: Any, **named: Any) -> bytes:
        sector = named["start_sid"] if "start_sid" in named else given[1]
        for _ in range(len(sat) + 1):
            if not 0 <= sector < len(sat):
                stream: bytes = super()._get_stream(mem, base, sat, *given, **named)
                return stream
            sector = sat[sector]
        raise xlrd.compdoc.CompDocError("sectors in a ring")


def _strings_that_are_there(blocks: list[bytes], count: int) -> Any:
    """The shared texts of a book whose writer counted more of them than it wrote: xlrd asserts that the last one in the file is the
    last one counted, and what it had read by then are all."""
    try:
        return _UNPACK(blocks, count)
    except AssertionError as error:
        *_, (frame, _) = traceback.walk_tb(error.__traceback__)
        return _UNPACK(blocks, frame.f_locals["_unused_i"] + 1)


def _unread(*_: Any) -> None:
    """Of names and comments nothing is wanted; xlrd gives a whole book up for a name that it cannot evaluate."""


_UNPACK = xlrd.book.unpack_SST_table
xlrd.compdoc.CompDoc = _Container
xlrd.book.unpack_SST_table = _strings_that_are_there
xlrd.book.Book.names_epilogue = _unread
xlrd.sheet.Sheet.handle_note = _unread
_MACROS = "_VBA_PROJECT".encode("utf-16-le")
_SUMMARY = "\x05SummaryInformation".encode("utf-16-le")
"""The stream of properties that every spreadsheet program writes; a library that only writes formulas (xlwt) does not."""
_BEGIN, _END, _FORMULA = 0x0809, 0x000A, 0x0006
_EMPTY_RESULT = b"\x03\x00\x00\x00\x00\x00\xff\xff"
_ZERO = bytes(8)
_TO_BE_COMPUTED = 2
"""The option of a formula that asks for it to be computed when the file is opened."""
_ZERO_TO_BE_COMPUTED = re.compile(rb"\x06\x00.{8}\x00{8}[\x02\x03\x06\x07\x0a\x0b\x0e\x0f]\x00", re.DOTALL)
"""Where such a formula may stand: a book in which nothing looks so is walked through by xlrd alone."""
_NUMBERS = (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE)
_VISIBLE = 0


def open_xls(path: Path, limits: Limits) -> Workbook:
    """The sheets of an XLS. Raises RefusedFile: macros, a password, damaged."""
    content = path.read_bytes()
    if _MACROS in content:
        raise RefusedFile("El libro trae macros, que no se reciben. Guárdelo como XLSX, sin macros.")
    try:
        book = xlrd.open_workbook(
            file_contents=content,
            formatting_info=True,
            ragged_rows=True,
            on_demand=True,
            logfile=io.StringIO(),
            ignore_workbook_corruption=True,
        )
    except (RefusedFile, MemoryError):
        raise
    except Exception as error:  # xlrd asserts and unpacks its way through a damaged file
        if "encrypted" in str(error).lower():
            raise RefusedFile("El libro está protegido con contraseña. Quítesela y vuelva a entregarlo.") from None
        raise RefusedFile(DAMAGED) from None
    never_computed = _without_result(book, empty_too=_SUMMARY not in content)
    sheets = []
    for index, name in enumerate(book.sheet_names()):
        source = _Source(book, index, name, limits, never_computed.get(index, set()))
        visible = book._sheet_visibility[index] == _VISIBLE  # asking the sheet itself would read it
        sheets.append(Sheet(name, visible, source.read, source.read))
    return Workbook(sheets, book.datemode == 1)


class _Source:
    def __init__(self, book: Any, index: int, name: str, limits: Limits, never_computed: set[tuple[int, int]]) -> None:
        self._book, self._index, self._name, self._limits = book, index, name, limits
        self._never_computed = never_computed
        self._cells: SheetCells | None = None

    def read(self) -> SheetCells:
        """All of the sheet; it is read once."""
        if self._cells is None:
            try:
                self._cells = _cells(self._book, self._index, self._name, self._limits, self._never_computed)
            except (RefusedFile, MemoryError):
                raise
            except Exception:
                raise RefusedFile(DAMAGED) from None
        return self._cells


def _without_result(book: Any, empty_too: bool) -> dict[int, set[tuple[int, int]]]:
    """Row and column of the formulas that no program computed, by sheet.

    BIFF has no mark for them. Libraries that only write formulas (Apache POI, PhpSpreadsheet, Perl's and PEAR's writers) store 0 as
    their result and ask whoever opens the file to compute it; LibreOffice asks so too, but among its formulas some have another
    result. xlwt stores an empty text, as a program does for a formula that gives one (`empty_too`: no program saved the file). BIFF 8
    only: nothing writes the older ones any more.
    """
    zeros: dict[int, set[tuple[int, int]]] = {}
    empty: dict[int, set[tuple[int, int]]] = {}
    if book.biff_version != 80 or not (empty_too or _ZERO_TO_BE_COMPUTED.search(book.mem)):
        return empty
    computed = False
    for index in range(book.nsheets):
        for place, result, options in _formulas(book, index):
            if result == _EMPTY_RESULT:
                if empty_too:
                    empty.setdefault(index, set()).add(place)
            elif options & _TO_BE_COMPUTED:
                if result == _ZERO:
                    zeros.setdefault(index, set()).add(place)
                else:
                    computed = True
    if not computed:
        for index, places in zeros.items():
            empty.setdefault(index, set()).update(places)
    return empty


def _formulas(book: Any, index: int) -> Iterator[tuple[tuple[int, int], bytes, int]]:
    """Row and column, saved result and options of each formula of a sheet."""
    memory, place, depth = memoryview(book.mem), book._sh_abs_posn[index], 0
    while place + 4 <= len(memory):
        kind, size = struct.unpack_from("<HH", memory, place)
        depth += (kind == _BEGIN) - (kind == _END)
        if depth == 0:
            return
        if kind == _FORMULA and size >= 16 and place + 20 <= len(memory):
            row, column, _, result, options = struct.unpack_from("<HHH8sH", memory, place + 4)
            yield (row, column), result, options
        place += 4 + size


def _cells(book: Any, index: int, name: str, limits: Limits, never_computed: set[tuple[int, int]]) -> SheetCells:
    sheet = book.sheet_by_index(index)
    cells = SheetCells(
        hidden_rows=sorted(row for row, info in sheet.rowinfo_map.items() if info.hidden),
        hidden_columns=[(column, column) for column, info in sorted(sheet.colinfo_map.items()) if info.hidden],
        merges=[(top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells],
        end=(sheet.nrows - 1, sheet.ncols - 1),
    )
    check_merges(cells.merges, name)
    date_1904 = book.datemode == 1

    @cache
    def form_of(style: int) -> NumberFormat | None:
        number = book.xf_list[style].format_key
        known = book.format_map.get(number)
        # xlrd knows no code for some of the formats that go by their number alone
        code = (known.format_str if known is not None else "") or BUILT_IN.get(number, "General")
        form = number_format(code)
        return None if form.meaning is Meaning.NUMBER and form.around_text is None else form

    for row in range(sheet.nrows):
        found: dict[int, Any] = {}
        styles = sheet._cell_xf_indexes[row]
        for column, (kind, value) in enumerate(zip(sheet.row_types(row), sheet.row_values(row), strict=True)):
            seen = _seen(kind, value, form_of(styles[column]), date_1904)
            if (row, column) in never_computed:
                seen = CellError(NO_RESULT)
            if seen is not None:
                found[column] = seen
        if found:
            cells.add_row(row, found, limits, name)
    book.unload_sheet(index)
    return cells.finish()


def _seen(kind: int, value: Any, form: NumberFormat | None, date_1904: bool) -> Any:
    if kind == xlrd.XL_CELL_TEXT:
        around = form.around_text if form is not None else None
        text = f"{around[0]}{value}{around[1]}" if around and value else value
        return text or None
    if kind in _NUMBERS:
        return value if form is None else number_as_shown(value, form, date_1904)
    if kind == xlrd.XL_CELL_BOOLEAN:
        return bool(value)
    if kind == xlrd.XL_CELL_ERROR:
        return CellError(xlrd.error_text_from_code.get(value, "#ERROR"))
    return None
