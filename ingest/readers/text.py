"""CSV and TXT: a fast path for regular files, a careful one for the others, and one grammar for both (`csv_grammar`).

The fast path is a multi-threaded parser: polars' where the file holds no quote, Arrow's where every quote stands where any
parser reads it alike. It gives way when its answer could be another than the careful path's: a row of another width, a record
that spans lines, a quote out of place. The careful path goes record by record: what does not split is one broken row, never
more, never none.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ingest.checks.words import is_empty
from ingest.contract import Contract
from ingest.readers.csv_grammar import Record, is_canonical, records, split_line
from ingest.readers.encoding import MAX_LINE_BYTES, BinaryContent, decode_text, too_long_line
from ingest.readers.grid import BrokenRow, Grid, assemble, is_total
from ingest.readers.header import (
    HEADER_SEARCH_ROWS,
    HeaderMatch,
    check_length,
    check_width,
    column_letters,
    complete,
    expected_columns,
    find_header,
    fold,
    refuse_lost_columns,
    require_header,
)
from ingest.reading import MONTH_COLUMNS, Limits, Reading, RefusedFile
from pamga.spanish import some

SEPARATORS = (",", ";", "|", "\t")
SEPARATOR_NAMES = {",": "coma", ";": "punto y coma", "|": "barra vertical", "\t": "tabulador"}
_HEAD_BYTES = 1 << 18
_SAMPLE_RECORDS = 200
_BATCH = 20_000
_TAIL = 4096
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MARKS_AT_START = re.compile(rb"(\A|\n)(?:\xef\xbb\xbf)+")
_SEPARATOR_LINE = re.compile(rb'"?sep=([,;|\t])"?[^\S\n]*\r?\n', re.IGNORECASE)
_DATE = re.compile(r"^(\d{1,4}[-/. ]\w{1,12}[-/. ]\d{1,4}([ T].*)?|\d{5,8})$")
_NUMBER = re.compile(r"^[-+]?[$]?\s?[\d.,\s]*\d\s?%?$")
_URL = re.compile(r"^https?://", re.IGNORECASE)
_ARROW_BLOCK = 1 << 22
_THOUSANDS = 3  # digits of a group
_EXCEL_BLOCK = 16
"""Rows that Excel writes at a time, with as many cells as the longest of them has."""
_FEWEST_OF_A_BLOCK = 3  # rows at the end of a file: one or two short ones may be cut
_LISTED_ROWS = 5


@dataclass(frozen=True)
class _Start:
    """Where the data begin and how its cells are separated."""

    separator: str
    match: HeaderMatch
    records_above: int
    """Records above the data: titles, blank lines, the header."""
    offset: int
    """Byte at which the data begin."""
    width: int
    """Cells of a record; trailing columns without a header do not count."""


def read_text(path: Path, contract: Contract, limits: Limits) -> Reading:
    """Read a separated text file. Raises RefusedFile (not text, no header, an obligatory column missing, too large)."""
    try:
        text = decode_text(path.read_bytes())
    except BinaryContent:
        raise RefusedFile(
            "El contenido no es texto (trae signos que ningún texto lleva): el archivo está dañado o es de otro tipo. Vuelva a exportarlo como CSV o como libro de Excel (.xlsx)."
        ) from None
    content, stated = _without_separator_line(_without_marks(text.utf8))
    too_long = too_long_line(text.utf8)
    if too_long is not None:
        raise RefusedFile(
            f"La línea {too_long:,} mide más de {MAX_LINE_BYTES:,} bytes: no es una fila. Revise que cada fila termine con un salto de línea."
        )
    line_ends = content.count(b"\n")
    check_length(line_ends, limits)
    start = _start(content, contract, stated)
    check_width(len(start.match.cells), limits)
    grid = _read_fast(content, start, line_ends)
    careful = grid is None
    notes = list(text.notes)
    if grid is None:
        grid, more = _read_carefully(content, start, contract)
        notes += more
    understood: dict[str, Any] = {
        "formato": "csv",
        "codificacion": text.encoding,
        "separador": start.separator,
        "fin_de_linea": text.line_end,
        "fila_encabezado": None if _has_no_header(contract) else start.records_above,
        "hoja": None,
        "lectura": "cuidadosa" if careful else "rápida",
        "columnas": column_letters(start.match),
    }
    if not _has_no_header(contract):
        refuse_lost_columns(start.match, grid.columns, contract, "")
    return assemble(grid, start.match, contract, understood, notes)


def _has_no_header(contract: Contract) -> bool:
    return contract.formato.disposicion == "posiciones"


# ---- where the data begin ----------------------------------------------------------------------------------------------


def _without_marks(content: bytes) -> bytes:
    """Without what is there for programs: byte order marks at the start of lines (files joined into one) and the Ctrl-Z that
    ends a DOS text, which is no row."""
    if not content.isascii() and _BYTE_ORDER_MARK in content:
        content = _MARKS_AT_START.sub(rb"\1", content)
    if b"\x1a" not in content[-_TAIL:]:
        return content
    bare = content.rstrip(b"\r\n\x1a")
    return bare + b"\n" if b"\x1a" in content[len(bare) :] else content


def _without_separator_line(content: bytes) -> tuple[bytes, str | None]:
    """Without a first line such as `sep=;`, which a spreadsheet obeys and does not show; and the separator that it states."""
    match = _SEPARATOR_LINE.match(content)
    return (content, None) if match is None else (content[match.end() :], match.group(1).decode())


def _start(content: bytes, contract: Contract, stated: str | None) -> _Start:
    separators = _separators(contract, stated)
    if _has_no_header(contract):
        return _start_by_position(content, contract, separators)
    return _start_by_header(content, contract, separators)


def _start_by_header(content: bytes, contract: Contract, separators: Sequence[str]) -> _Start:
    """The separator under which some row names most of the contract's columns decides; the file's shape breaks ties."""
    lines = _head_lines(content, HEADER_SEARCH_ROWS * 4)
    if not any(line.strip() for line in lines):
        raise RefusedFile("El archivo está vacío: no trae ni encabezados. Expórtelo de nuevo y revise que se guardó.")
    found, head, ends, separator = _best_header(lines, contract, separators, wrapped=False)
    if not complete(found, contract) and any(line.startswith('"') for line in lines):
        unwrapped = _best_header(lines, contract, separators, wrapped=True)
        if complete(unwrapped[0], contract):
            found, head, ends, separator = unwrapped
    match = require_header(found, head, contract, "")
    records_above = match.row + 1
    offset = sum(len(line.encode()) for line in lines[: ends[match.row]])
    width = max((index + 1 for index, cell in enumerate(match.cells) if cell.strip()), default=0)
    return _Start(separator, match, records_above, offset, width)


def _best_header(
    lines: Sequence[str], contract: Contract, separators: Sequence[str], wrapped: bool
) -> tuple[HeaderMatch | None, list[list[str]], list[int], str]:
    """(header, records of the head, lines up to the end of each, separator) under the separator that fits best."""
    tried = []
    for separator in separators:
        head, ends = _head_records(lines, separator, wrapped)
        tried.append((find_header(head, contract), head, ends, separator))
    return max(tried, key=lambda one: (one[0].score if one[0] else 0, max(map(len, one[1]), default=0)))


def _start_by_position(content: bytes, contract: Contract, separators: Sequence[str]) -> _Start:
    """A file without header: the contract says which position is what, and how many there are."""
    expected = {column.nombre: column.posicion - 1 for column in contract.columnas if column.posicion is not None}
    scope = {item.nombre: item.posicion - 1 for item in contract.solo if item.posicion is not None}
    width = contract.formato.columnas or 1 + max((*expected.values(), *scope.values()))
    lines = _head_lines(content, _SAMPLE_RECORDS)
    if not any(line.strip() for line in lines):
        raise RefusedFile("El archivo está vacío. Expórtelo de nuevo y revise que se guardó.")
    right = {}
    for separator in separators:
        head = records(lines, separator, width)
        right[separator] = sum(record.cells is not None and len(record.cells) == width for record in head)
    separator = max(right, key=lambda name: right[name])
    if not right[separator]:
        raise RefusedFile(
            f"Se esperaba un archivo sin encabezado con {width} columnas separadas por "
            f"{SEPARATOR_NAMES[separators[0]]} y ninguna de sus primeras filas las tiene. Entregue el archivo tal como lo publica la fuente."
        )
    match = HeaderMatch(0, [""] * width, expected, scope)
    return _Start(separator, match, 0, 0, width)


def _separators(contract: Contract, stated: str | None) -> tuple[str, ...]:
    first = stated or contract.formato.separador
    return SEPARATORS if first is None else (first, *(one for one in SEPARATORS if one != first))


def _head_lines(content: bytes, count: int) -> list[str]:
    """The first physical lines with their ends, as text."""
    head = content[:_HEAD_BYTES]
    if len(content) > _HEAD_BYTES:
        head = head[: head.rfind(b"\n") + 1] or head
    return [line.decode("utf-8", "replace") for line in io.BytesIO(head).readlines()[:count]]


def _head_records(lines: Sequence[str], separator: str, wrapped: bool) -> tuple[list[list[str]], list[int]]:
    """The head's records and, for each, the number of lines up to its end. `wrapped`: a line that is one quoted cell is split."""
    head: list[list[str]] = []
    ends: list[int] = []
    for record in records(lines, separator):
        cells = record.cells or []
        if wrapped and len(cells) == 1:
            cells = split_line(cells[0], separator) or cells
        head.append(cells)
        ends.append(record.next_line)
    return head, ends


# ---- the fast path -----------------------------------------------------------------------------------------------------


def _read_fast(content: bytes, start: _Start, line_ends: int) -> Grid | None:
    """A multi-threaded parser's answer, or None when the file is not regular enough to trust it. `line_ends`: of all the file."""
    end = len(content)
    while end > start.offset and content[end - 1] in b"\r\n":
        end -= 1
    names = [str(index) for index in range(len(start.match.cells))]
    if end == start.offset:
        return Grid([pl.Series(name, [], dtype=pl.String) for name in names], np.empty(0, dtype=np.int64))
    if len(names) < 2:
        return None
    read = _read_unquoted
    if content.find(b'"', start.offset) >= 0:
        if not is_canonical(content, start.offset, end, start.separator):
            return None
        read = _read_quoted
    frame = read(content, end, start, names)
    within = line_ends - content.count(b"\n", 0, start.offset) - content.count(b"\n", end)
    if frame is None or frame.height != within + 1:
        return None
    first = start.records_above + 1
    return Grid(frame.get_columns(), np.arange(first, first + frame.height, dtype=np.int64))


def _read_unquoted(content: bytes, end: int, start: _Start, names: list[str]) -> pl.DataFrame | None:
    """Every line one record. polars refuses a row that is too long and fills one that is too short, so the separators must
    add up: then no row is too short either."""
    try:
        frame = pl.read_csv(
            content if content.count(b"\n", end) <= 1 else content[:end],
            has_header=False,
            skip_lines=content.count(b"\n", 0, start.offset),
            schema=dict.fromkeys(names, pl.String),
            separator=start.separator,
            quote_char=None,
        )
    except pl.exceptions.PolarsError:
        return None
    separators = content.count(start.separator.encode(), start.offset, end)
    return frame if separators == frame.height * (len(names) - 1) else None


def _read_quoted(content: bytes, end: int, start: _Start, names: list[str]) -> pl.DataFrame | None:
    """Cells in quotes, which may hold separators; Arrow refuses a row of another width."""
    import pyarrow as pa
    import pyarrow.csv as pa_csv

    try:
        table = pa_csv.read_csv(
            pa.BufferReader(pa.py_buffer(content).slice(start.offset, end - start.offset)),
            read_options=pa_csv.ReadOptions(column_names=names, block_size=_ARROW_BLOCK),
            parse_options=pa_csv.ParseOptions(
                delimiter=start.separator, newlines_in_values=True, ignore_empty_lines=False
            ),
            convert_options=pa_csv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except pa.ArrowInvalid:
        return None
    frame = pl.DataFrame([pl.Series(name, table.column(name), dtype=pl.String) for name in names])
    pa.default_memory_pool().release_unused()  # what parsing needed and the rows do not
    return frame


# ---- the careful path --------------------------------------------------------------------------------------------------


def _read_carefully(content: bytes, start: _Start, contract: Contract) -> tuple[Grid, list[str]]:
    """(the rows, what to tell of how they were read)."""
    lines = io.StringIO(content[start.offset :].decode("utf-8", "replace"), newline="\n").readlines()
    while lines and not lines[-1].strip("\r\n"):
        lines.pop()
    width = len(start.match.cells)
    batches: list[list[pl.Series]] = []
    rows: list[list[str]] = []
    broken: list[BrokenRow] = []
    unwrapped: list[int] = []
    count = 0
    empty = [""] * width
    cut: list[int] = []
    for record, ends_early in _with_blocks(records(lines, start.separator, start.width), start, contract):
        cells = record.cells
        if cells is not None and ends_early:
            rows.append(cells + empty[len(cells) :])
            cut.append(start.records_above + 1 + count)
        elif cells is not None and start.width <= len(cells) <= width:
            rows.append(cells if len(cells) == width else cells + empty[len(cells) :])
        elif cells is not None and len(cells) > width and _ends_with_separators(cells, start, contract):
            rows.append(cells[:width])
        elif cells is not None and len(cells) < start.width and _is_blank_or_total(cells):
            rows.append(cells + empty[len(cells) :])
        else:
            broken.append(_broken_row(count, record, lines, start))
            rows.append(empty)
        if record.unwrapped:
            unwrapped.append(start.records_above + 1 + count)
        count += 1
        if len(rows) == _BATCH:
            batches.append(_as_arrays(rows, width))
            rows = []
    batches.append(_as_arrays(rows, width))
    columns = [pl.concat([batch[index] for batch in batches]) for index in range(width)]
    fila = np.arange(start.records_above + 1, start.records_above + 1 + count, dtype=np.int64)
    return Grid(columns, fila, broken=broken), [*_unwrapped_notes(unwrapped), *_cut_notes(cut)]


def _with_blocks(found: Iterator[Record], start: _Start, contract: Contract) -> Iterator[tuple[Record, bool]]:
    """The records, and whether each belongs to a block of rows whose last cells Excel left out because all of them are empty."""
    block: list[Record] = []
    number = start.records_above
    for record in found:
        block.append(record)
        number += 1
        if number % _EXCEL_BLOCK == 0:
            yield from _told_early(block, number, start, contract)
            block = []
    yield from _told_early(block, number, start, contract)


def _told_early(block: list[Record], end: int, start: _Start, contract: Contract) -> Iterator[tuple[Record, bool]]:
    whole = end % _EXCEL_BLOCK == 0 and len(block) == _EXCEL_BLOCK
    last = end % _EXCEL_BLOCK == len(block) >= _FEWEST_OF_A_BLOCK
    early = (whole or last) and _ends_early(block, start, contract)
    return ((record, early) for record in block)


def _ends_early(block: Sequence[Record], start: _Start, contract: Contract) -> bool:
    """All rows have the same cells too few, some row uses its last one, nothing obligatory is missing, and most rows have in
    their columns what belongs there: so Excel saves sixteen rows whose last columns are empty."""
    widths = {len(record.cells or ()) for record in block}
    width = next(iter(widths))
    if (
        len(widths) > 1
        or not 1 < width < start.width
        or not any((record.cells or [""])[-1].strip() for record in block)
    ):
        return False
    required = {column.name for column in expected_columns(contract) if column.required}
    if any(place >= width for name, place in start.match.columns.items() if name in required):
        return False
    return 2 * sum(_is_likely_row(record.cells or [], start, contract) for record in block) > len(block)


def _is_likely_row(cells: Sequence[str], start: _Start, contract: Contract) -> bool:
    return not any(
        _is_likely(name, cells[place].strip(), contract) is False
        for name, place in start.match.columns.items()
        if place < len(cells) and not is_empty(cells[place])
    )


def _cut_notes(rows: Sequence[int]) -> list[str]:
    if not rows:
        return []
    return [
        f"{len(rows):,} filas ({some(rows, _LISTED_ROWS)}) venían sin sus últimas celdas, como las guarda Excel donde esas columnas están "
        "vacías; se leyeron vacías."
    ]


def _unwrapped_notes(rows: Sequence[int]) -> list[str]:
    if not rows:
        return []
    which = f"La fila {rows[0]} venía entera" if len(rows) == 1 else f"{len(rows):,} filas venían enteras"
    return [
        f"{which} entre comillas, como si fuera una sola celda; se leyó quitándolas. "
        "Al exportar, ponga entre comillas cada celda, no la línea."
    ]


def _ends_with_separators(cells: Sequence[str], start: _Start, contract: Contract) -> bool:
    """A row with empty cells too many: its program ends lines with separators, or a text or a number that holds one, or a slip of
    the hand, moved the cells behind it. The row's own cells tell: nothing moved where they are what they should be, and would
    not be so a place to the left."""
    if any(cell.strip() for cell in cells[len(start.match.cells) :]):
        return False
    if start.separator == "," and _may_be_one_number(cells, start, contract):
        return False
    last = max((place for place, cell in enumerate(cells) if cell.strip()), default=-1)
    gaps = [place for place in range(1, last) if not cells[place].strip() and cells[place + 1].strip()]
    moved = ([*cells[:place], *cells[place + 1 :]] for place in gaps)
    return _stands(cells, start, contract) and not any(_stands(others, start, contract) for others in moved)


def _stands(cells: Sequence[str], start: _Start, contract: Contract) -> bool:
    """The last cell in use is a date, a number or a category, and all such cells of the row are what they should be."""
    last = max((place for place, cell in enumerate(cells) if cell.strip()), default=-1)
    by_place = {place: name for name, place in start.match.columns.items()}
    name = by_place.get(last)
    if name is None:
        return False
    required = {column.name for column in expected_columns(contract) if column.required}
    for place, own in by_place.items():
        cell = cells[place].strip()
        if not cell:
            if own in required:
                return False
            continue
        likely = _is_likely(own, cell, contract)
        if likely is False or (own == name and likely is None):
            return False
    return True


def _may_be_one_number(cells: Sequence[str], start: _Start, contract: Contract) -> bool:
    """Two cells side by side may be the halves of a number that was written with a comma: 1250,50, or 1,250."""
    decimals = {column.nombre for column in contract.columnas if column.tipo == "decimal"}
    whole = {column.nombre for column in contract.columnas if column.tipo == "entero"} | {*MONTH_COLUMNS}
    for name, place in start.match.columns.items():
        second = cells[place + 1].strip()
        if name not in decimals | whole or not second.isdecimal() or not _NUMBER.match(cells[place].strip()):
            continue
        if len(second) == _THOUSANDS or (name in decimals and len(second) < _THOUSANDS):
            return True
    return False


def _is_likely(name: str, cell: str, contract: Contract) -> bool | None:
    """Whether a cell has the form of its column's type; None where any text has it."""
    column = next((one for one in contract.columnas if one.nombre == name), None)
    if column is None:  # a month beside the others counts cases
        return _NUMBER.match(cell) is not None
    if column.tipo == "categoria" and column.valores:
        return fold(cell) in {fold(value) for value in column.valores}
    form = {"fecha": _DATE, "entero": _NUMBER, "decimal": _NUMBER, "url": _URL}.get(column.tipo)
    return None if form is None else form.match(cell) is not None


def _is_blank_or_total(cells: Sequence[str]) -> bool:
    first = next((cell for cell in cells if cell.strip()), "")
    return not first or is_total(first)


def _broken_row(index: int, record: Record, lines: Sequence[str], start: _Start) -> BrokenRow:
    """The one bad cell of a row that did not split, named by the first column that is missing or the first of all."""
    by_place = {place: name for name, place in start.match.columns.items()}
    text = "".join(lines[record.first_line : record.next_line]).rstrip("\r\n")
    cells = record.cells
    if cells is None:
        place = 0
        reason = "La fila tiene comillas que no cierran o que están fuera de lugar; no se puede saber dónde empieza cada celda."
        remedy = 'Cierre las comillas de la celda, o escríbalas dobles ("") si son parte del texto.'
        if '\\"' in text:
            remedy = 'Su programa escribe \\" por cada comilla de un texto: pida que las escriba dobles (""), o entregue un libro de Excel (.xlsx).'
    elif (other := _other_separator(text, start)) is not None:
        place = 0
        reason = f"La fila separa sus celdas con {SEPARATOR_NAMES[other]} y el encabezado con {SEPARATOR_NAMES[start.separator]}."
        remedy = "Exporte el archivo de nuevo, con el mismo separador en todas sus filas, o guárdelo como libro de Excel (.xlsx)."
    elif len(cells) < start.width:
        place = len(cells)
        reason = f"La fila tiene {_cells(len(cells))} y el encabezado tiene {start.width}: le faltan celdas."
        remedy = (
            "Si es una nota, una fuente o una firma, bórrela del archivo; si es un pedazo de una celda de la fila de arriba o de abajo, "
            "únalo en una sola línea; si es un renglón, complete sus celdas."
        )
        if sum(map(bool, map(str.strip, cells))) != 1:
            remedy = "Complete la fila; deje vacías, pero presentes, las celdas sin dato, o guarde el archivo como libro de Excel (.xlsx)."
    else:
        place = 0
        separator = SEPARATOR_NAMES.get(start.separator, start.separator)
        reason = f"La fila tiene {_cells(len(cells))} y el encabezado tiene {start.width}: le sobran celdas."
        remedy = f"Si un texto o un número lleva {separator}, escríbalo entre comillas."
    column = by_place.get(place) or by_place[min(by_place)]
    return BrokenRow(index, column, text, reason, remedy)


def _other_separator(text: str, start: _Start) -> str | None:
    """The separator of a row that another one than the header's splits into as many cells."""
    others = (one for one in SEPARATORS if one != start.separator)
    return next((one for one in others if len(split_line(text, one) or ()) == start.width > 1), None)


def _cells(count: int) -> str:
    return "1 celda" if count == 1 else f"{count} celdas"


def _as_arrays(rows: Sequence[Sequence[str]], width: int) -> list[pl.Series]:
    return [pl.Series([row[index] or None for row in rows], dtype=pl.String) for index in range(width)]
