"""The one grammar of separated text: how lines are split into records and cells.

- A line ends with LF or CRLF. A cell that begins with a quote ends with the next quote that is not doubled; after it comes a
  separator or the end of the line, else the record cannot be read. A quote elsewhere in a cell is a character like others.
- A quoted cell may go on over the next lines, unless one of these is a whole row by itself: then the quote was a stray one,
  and only the line that opened it cannot be read. So a line's answer does not depend on what its neighbours hold. The line that
  closes the cell is no such row where the first is too short to be one and both together are one.
- Blanks before an opening quote belong to no cell.
- A line that is one quoted cell, and whose text is a whole row, is that row: some programs quote whole lines.

`records` is the careful reading; `is_canonical` tells whether any other parser of the format must read the same.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

_MAX_LINES = 200
"""Lines over which a quoted cell may go on."""
_QUOTE = ord('"')
_ENDS = (ord("\n"), ord("\r"))
DOS_END = "\x1a"
"""Ctrl-Z, with which DOS programs end a text."""


@dataclass(frozen=True)
class Record:
    """A row of the file."""

    cells: list[str] | None
    """None where a quote is open or badly closed."""
    first_line: int
    next_line: int
    unwrapped: bool = False
    """The whole line stood in quotes."""


def records(lines: Sequence[str], separator: str, width: int | None = None) -> Iterator[Record]:
    """Records of physical lines (with their ends). `width`: cells of a whole row, where it is known."""
    position = 0
    while position < len(lines):
        record = _record_at(lines, position, separator, width)
        yield record
        position = record.next_line


def _record_at(lines: Sequence[str], position: int, separator: str, width: int | None) -> Record:
    line = lines[position]
    if '"' not in line:
        text = line.rstrip("\r\n")
        return Record(text.split(separator) if text.strip(DOS_END) else [], position, position + 1)
    cells, used = _spaced_or_plain(lines, position, separator, width)
    if cells is None:
        return Record(None, position, position + 1)
    if used > 1:
        # The line that closes the cell may look like a row (`bis",Parque` after `"T-1`); where the one that opened it is none,
        # and both together are one, it is not.
        closes = len(cells) == width and line.count(separator) + 1 < width
        further = lines[position + 1 : position + used - closes]
        if _holds_a_row(further, separator, width):
            return Record(None, position, position + 1)
    if used == 1 and len(cells) == 1 and width is not None and width > 1:
        inner = split_line(cells[0], separator)
        if inner is not None and len(inner) == width:
            return Record(inner, position, position + 1, unwrapped=True)
    return Record(cells, position, position + used)


def _spaced_or_plain(
    lines: Sequence[str], position: int, separator: str, width: int | None
) -> tuple[list[str] | None, int]:
    """The record by the reading that its line asks for: a blank before a quote is the separator's where the quote opens a cell."""
    line = lines[position]
    plain = _parsed(lines, position, separator, spaced=False)
    if f'{separator} "' not in line and not line.startswith(' "'):
        return plain
    inside_a_cell = _is_record(plain[0], width) and not any(cell.startswith(' "') for cell in plain[0] or [])
    if inside_a_cell:
        return plain
    spaced = _parsed(lines, position, separator, spaced=True)
    return spaced if _is_record(spaced[0], width) else plain


def _is_record(cells: list[str] | None, width: int | None) -> bool:
    return cells is not None and (width is None or len(cells) == width)


def _parsed(lines: Sequence[str], position: int, separator: str, spaced: bool) -> tuple[list[str] | None, int]:
    """(cells of the record that begins on a line, lines that it takes); no cells where it cannot be read."""
    reader = csv.reader(
        islice(lines, position, position + _MAX_LINES), delimiter=separator, strict=True, skipinitialspace=spaced
    )
    try:
        return next(reader, []), reader.line_num
    except csv.Error:
        return None, 1


def _holds_a_row(lines: Sequence[str], separator: str, width: int | None) -> bool:
    """One of the lines is a whole row by itself."""
    if width is None or width < 2:
        return False
    return any(len(split_line(line, separator) or []) == width for line in lines)


def split_line(line: str, separator: str) -> list[str] | None:
    """Cells of one line; None when its quotes do not close."""
    try:
        return next(csv.reader([line], delimiter=separator, strict=True), [])
    except csv.Error:
        return None


def is_canonical(content: bytes, start: int, end: int, separator: str) -> bool:
    """Every quote opens a cell, closes it, or is one of a doubled pair inside: whatever parses RFC 4180 reads the same cells.

    Quotes are counted off: those at even places must open (after a separator or a line's end) or be the second of a pair,
    those at odd places must close (before a separator or a line's end) or be the first of a pair.
    """
    text = np.frombuffer(content, dtype=np.uint8, count=end - start, offset=start)
    quotes = np.flatnonzero(text == _QUOTE)
    if not quotes.size:
        return True
    if quotes.size % 2:
        return False
    boundary = np.zeros(256, dtype=bool)
    boundary[[ord(separator), *_ENDS]] = True
    opening, closing = quotes[0::2], quotes[1::2]
    paired = closing[:-1] + 1 == opening[1:]
    opens = boundary[text[np.maximum(opening - 1, 0)]]
    closes = boundary[text[np.minimum(closing + 1, text.size - 1)]]
    opens[0] |= opening[0] == 0
    closes[-1] |= closing[-1] == text.size - 1
    opens[1:] |= paired
    closes[:-1] |= paired
    return bool(opens.all() and closes.all())
