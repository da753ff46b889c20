"""CSV and TXT: a fast path for regular files, a careful one for the others.

The fast path is a multi-threaded parser: polars' where the file holds no quote, Arrow's where it does. It is taken back
when its answer could hide something: a row of another width, or a record that spans lines (an open quote swallows the rows
below it without a sound). The careful path is the
standard library's strict parser, record by record: what does not split is one broken row, never more, never none.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ingest.contract import Contract
from ingest.readers.encoding import BinaryContent, decode_text
from ingest.readers.grid import BrokenRow, Grid, assemble, is_total
from ingest.readers.header import (
    HEADER_SEARCH_ROWS,
    HeaderMatch,
    check_length,
    check_width,
    column_letters,
    find_header,
    refuse_lost_columns,
    require_header,
)
from ingest.reading import Limits, Reading, RefusedFile

SEPARATORS = (",", ";", "|", "\t")
SEPARATOR_NAMES = {",": "coma", ";": "punto y coma", "|": "barra vertical", "\t": "tabulador"}
_HEAD_BYTES = 1 << 18
_SAMPLE_RECORDS = 200
_BATCH = 20_000
_ARROW_BLOCK = 1 << 22


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
            ["El contenido no es texto (trae bytes nulos): el archivo está dañado o no es un CSV. Vuelva a exportarlo."]
        ) from None
    content = text.utf8
    line_ends = content.count(b"\n")
    check_length(line_ends, limits)
    start = _start(content, contract)
    if any(cell.startswith(' "') for cell in start.match.cells):
        # A program that writes a blank after each separator: the quotes would not be seen as quotes.
        separator = start.separator.encode()
        content = content.replace(separator + b' "', separator + b'"')
        start = _start(content, contract)
    check_width(len(start.match.cells), limits)
    grid = _read_fast(content, start, line_ends)
    careful = grid is None
    if grid is None:
        grid = _read_carefully(content, start)
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
    return assemble(grid, start.match, contract, understood, text.notes)


def _has_no_header(contract: Contract) -> bool:
    return contract.formato.disposicion == "posiciones"


# ---- where the data begin ----------------------------------------------------------------------------------------------


def _start(content: bytes, contract: Contract) -> _Start:
    return _start_by_position(content, contract) if _has_no_header(contract) else _start_by_header(content, contract)


def _start_by_header(content: bytes, contract: Contract) -> _Start:
    """The separator under which some row names most of the contract's columns decides; the file's shape breaks ties."""
    lines = _head_lines(content, HEADER_SEARCH_ROWS * 4)
    if not any(line.strip() for line in lines):
        raise RefusedFile(["El archivo está vacío: no trae ni encabezados. Expórtelo de nuevo y revise que se guardó."])
    tried = []
    for separator in _separators(contract):
        records, ends = _head_records(lines, separator)
        found = find_header(records, contract)
        tried.append((found, records, ends, separator))
    found, records, ends, separator = max(
        tried, key=lambda one: (one[0].score if one[0] else 0, max(map(len, one[1]), default=0))
    )
    match = require_header(found, records, contract, "")
    records_above = match.row + 1
    offset = sum(len(line.encode()) for line in lines[: ends[match.row]])
    width = max((index + 1 for index, cell in enumerate(match.cells) if cell.strip()), default=0)
    return _Start(separator, match, records_above, offset, width)


def _start_by_position(content: bytes, contract: Contract) -> _Start:
    """A file without header: the contract says which position is what, and how many there are."""
    expected = {column.nombre: column.posicion - 1 for column in contract.columnas if column.posicion is not None}
    scope = {item.nombre: item.posicion - 1 for item in contract.solo if item.posicion is not None}
    width = contract.formato.columnas or 1 + max((*expected.values(), *scope.values()))
    lines = _head_lines(content, _SAMPLE_RECORDS)
    if not any(line.strip() for line in lines):
        raise RefusedFile(["El archivo está vacío. Expórtelo de nuevo y revise que se guardó."])
    right = {}
    for separator in _separators(contract):
        records, _ = _head_records(lines, separator)
        right[separator] = sum(len(record) == width for record in records)
    separator = max(right, key=lambda name: right[name])
    if not right[separator]:
        raise RefusedFile(
            [
                f"Se esperaba un archivo sin encabezado con {width} columnas separadas por "
                f"{SEPARATOR_NAMES[_separators(contract)[0]]} y ninguna de sus primeras filas las tiene. Entregue el archivo tal como lo publica la fuente."
            ]
        )
    match = HeaderMatch(0, [""] * width, expected, scope)
    return _Start(separator, match, 0, 0, width)


def _separators(contract: Contract) -> tuple[str, ...]:
    stated = contract.formato.separador
    return SEPARATORS if stated is None else (stated, *(one for one in SEPARATORS if one != stated))


def _head_lines(content: bytes, count: int) -> list[str]:
    """The first physical lines with their ends, as text."""
    head = content[:_HEAD_BYTES]
    if len(content) > _HEAD_BYTES:
        head = head[: head.rfind(b"\n") + 1] or head
    return [line.decode("utf-8", "replace") for line in io.BytesIO(head).readlines()[:count]]


def _head_records(lines: Sequence[str], separator: str) -> tuple[list[list[str]], list[int]]:
    """The head's records and, for each, the number of lines up to its end."""
    records: list[list[str]] = []
    ends: list[int] = []
    for record in _records(lines, separator):
        records.append(record.cells if record.cells is not None else [])
        ends.append(record.next_line)
    return records, ends


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
    read = _read_unquoted if content.find(b'"', start.offset) < 0 else _read_quoted
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


@dataclass(frozen=True)
class _Record:
    cells: list[str] | None
    """None where a quote is open or badly closed."""
    first_line: int
    next_line: int


def _records(lines: Sequence[str], separator: str) -> Iterator[_Record]:
    """Records of physical lines. A line whose quotes do not close properly is a record of its own: what follows is not
    swallowed. A quoted cell ends at the parser's field limit (131,072 characters) at the latest."""
    position = 0
    while position < len(lines):
        base = position
        reader = csv.reader(_from(lines, base), delimiter=separator, strict=True)
        try:
            for cells in reader:
                following = base + reader.line_num
                yield _Record(cells, position, following)
                position = following
        except csv.Error:
            yield _Record(None, position, position + 1)
            position += 1


def _from(lines: Sequence[str], start: int) -> Iterator[str]:
    for index in range(start, len(lines)):
        yield lines[index]


def _split(line: str, separator: str) -> list[str] | None:
    """Cells of one physical line; None when its quotes do not close."""
    try:
        return next(csv.reader([line], delimiter=separator, strict=True), [])
    except csv.Error:
        return None


def _data_records(lines: Sequence[str], start: _Start) -> Iterator[_Record]:
    """Like `_records`, but a record of the wrong width that spans lines is cut back to its first line when the next line is
    a whole row by itself: a stray quote had swallowed it."""
    position = 0
    while position < len(lines):
        base = position
        for record in _records(_Tail(lines, base), start.separator):
            first, following = base + record.first_line, base + record.next_line
            swallowed = (
                record.cells is not None
                and following - first > 1
                and len(record.cells) != start.width
                and len(_split(lines[first + 1], start.separator) or []) >= start.width
            )
            if swallowed:
                yield _Record(None, first, first + 1)
                position = first + 1
                break
            yield _Record(record.cells, first, following)
            position = following


class _Tail(Sequence[str]):
    """The lines from one on, without copying them."""

    def __init__(self, lines: Sequence[str], start: int) -> None:
        self._lines, self._start = lines, start

    def __len__(self) -> int:
        return len(self._lines) - self._start

    def __getitem__(self, index: Any) -> Any:
        return self._lines[self._start + index]


def _read_carefully(content: bytes, start: _Start) -> Grid:
    lines = io.StringIO(content[start.offset :].decode("utf-8", "replace"), newline="\n").readlines()
    while lines and not lines[-1].strip("\r\n"):
        lines.pop()
    width = len(start.match.cells)
    # A separator after the last cell of every row is a habit of some programs; after one row's it is a shifted row.
    usual = _usual_width(lines[:_SAMPLE_RECORDS], start.separator)
    batches: list[list[pl.Series]] = []
    rows: list[list[str]] = []
    broken: list[BrokenRow] = []
    count = 0
    empty = [""] * width
    for record in _data_records(lines, start):
        cells = record.cells
        if cells is not None and start.width <= len(cells) <= width:
            rows.append(cells if len(cells) == width else cells + empty[len(cells) :])
        elif cells is not None and len(cells) == usual > width and not any(cell.strip() for cell in cells[width:]):
            rows.append(cells[:width])
        elif cells is not None and len(cells) < start.width and _is_blank_or_total(cells):
            rows.append(cells + empty[len(cells) :])
        else:
            broken.append(_broken_row(count, record, lines, start))
            rows.append(empty)
        count += 1
        if len(rows) == _BATCH:
            batches.append(_as_arrays(rows, width))
            rows = []
    batches.append(_as_arrays(rows, width))
    columns = [pl.concat([batch[index] for batch in batches]) for index in range(width)]
    fila = np.arange(start.records_above + 1, start.records_above + 1 + count, dtype=np.int64)
    return Grid(columns, fila, broken=broken)


def _usual_width(lines: Sequence[str], separator: str) -> int:
    widths = Counter(len(record.cells) for record in _records(lines, separator) if record.cells)
    return max(widths, key=lambda width: widths[width], default=0)


def _is_blank_or_total(cells: Sequence[str]) -> bool:
    first = next((cell for cell in cells if cell.strip()), "")
    return not first or is_total(first)


def _broken_row(index: int, record: _Record, lines: Sequence[str], start: _Start) -> BrokenRow:
    """The one bad cell of a row that did not split, named by the first column that is missing or the first of all."""
    by_place = {place: name for name, place in start.match.columns.items()}
    text = "".join(lines[record.first_line : record.next_line]).rstrip("\r\n")
    cells = record.cells
    if cells is None:
        place = 0
        reason = "La fila tiene comillas que no cierran o que están fuera de lugar; no se puede saber dónde empieza cada celda."
        remedy = 'Cierre las comillas de la celda, o escríbalas dobles ("") si son parte del texto.'
    elif len(cells) < start.width:
        place = len(cells)
        reason = f"La fila tiene {_cells(len(cells))} y el encabezado tiene {start.width}: le faltan celdas."
        remedy = "Complete la fila; deje vacías, pero presentes, las celdas sin dato."
    else:
        place = 0
        separator = SEPARATOR_NAMES.get(start.separator, start.separator)
        reason = f"La fila tiene {_cells(len(cells))} y el encabezado tiene {start.width}: le sobran celdas."
        remedy = f"Si un texto lleva {separator}, escríbalo entre comillas."
    column = by_place.get(place) or by_place[min(by_place)]
    return BrokenRow(index, column, text, reason, remedy)


def _cells(count: int) -> str:
    return "1 celda" if count == 1 else f"{count} celdas"


def _as_arrays(rows: Sequence[Sequence[str]], width: int) -> list[pl.Series]:
    return [pl.Series([row[index] or None for row in rows], dtype=pl.String) for index in range(width)]
