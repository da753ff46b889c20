"""The rows of a sheet as spreadsheet programs write them, without a call per tag.

Of the many spellings that XML allows, programs use one: attributes r, s, t in this order, double quotes, no blanks between tags.
Rows that are spelt so to the last byte are taken apart by two expressions, three times as fast as the XML parser calls back. At the
first byte that is spelt otherwise this gives way, and the parser (`ooxml`) reads the sheet: both give the same cells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import IO, Any

from ingest.readers.sheets import SheetCells
from ingest.reading import Limits

_BLOCK = 1 << 20
_LONGEST_ROW = 1 << 24
_CACHED = 50_000
_TEXT = rb"(?:[^<&\x00-\x1f\x7f-\xff]++|[\xc2-\xf4][\x80-\xbf]{1,3}+|&(?:amp|lt|gt|quot|apos);|[\t\n])*+"
_ATTRIBUTE = rb'(?: [A-Za-z0-9]{1,20}="[^"<&\x00-\x1f\x7f-\xff]*+")'
_CONTENT = (
    rb"(?:<v>" + _TEXT + rb"</v>|<v/>"
    rb'|<is><t(?: xml:space="preserve")?>' + _TEXT + rb"</t></is>"
    rb"|<f" + _ATTRIBUTE + rb"*+(?:/>|>" + _TEXT + rb"</f>)(?:<v>" + _TEXT + rb"</v>|<v/>)?+)"
)  # fmt: skip
_PLAIN = rb"[^<&\x00-\x1f\x7f-\xff]++"
"""Of a value without entities and letters beyond ASCII: a number, the place of a shared text."""
_OPENING = rb'<c r="%s"(?: s="%s")?+(?: t="%s")?+(?:/>|>(?:<v>%s</v></c>|%s</c>))'
_CELL = re.compile(
    _OPENING
    % (
        rb"([A-Z]{1,3})([0-9]{1,7})",
        rb"([0-9]{1,5})",
        rb"([A-Za-z]{1,9})",
        rb"(" + _PLAIN + rb")",
        rb"(" + _CONTENT + rb"?+)",
    )
)
_ANY_CELL = _OPENING % (rb"[A-Z]{1,3}[0-9]{1,7}", rb"[0-9]{1,5}", rb"[A-Za-z]{1,9}", _PLAIN, _CONTENT + rb"?+")
_ROW_ATTRIBUTES = rb'(?: (?:spans|ht|hidden|customHeight|s|customFormat|outlineLevel|collapsed|thickBot|thickTop|ph|x14ac:dyDescent)="[^"<&\x00-\x1f\x7f-\xff]*+")*+'
_ROW = re.compile(rb'<row r="([0-9]{1,7})"(' + _ROW_ATTRIBUTES + rb")(?:/>|>((?:" + _ANY_CELL + rb")*+)</row>)")
_FORMULA = re.compile(rb"<f[^<>]*?(?:/>|>[^<]*</f>)")
_HIDDEN = re.compile(rb' hidden="(?:1|true)"| ht="0(?:\.0)?"')
_ROOT = re.compile(rb"<worksheet\b[^<>]*>")
_STRING = re.compile(rb'<si>(<t(?: xml:space="preserve")?>' + _TEXT + rb"</t>|<t/>)</si>")
_STRINGS = re.compile(rb'(?:<si>(?:<t(?: xml:space="preserve")?>' + _TEXT + rb"</t>|<t/>)</si>)++")
_STRINGS_ROOT = re.compile(rb"(?:<\?xml[^<>]*\?>[\r\n]*)?<sst\b[^<>]*>")
_OTHER_ENCODING = re.compile(rb"<\?xml[^>]*encoding=[\"'](?!utf-8[\"'])", re.IGNORECASE)
_ROWS_BEGIN, _ROWS_END = b"<sheetData>", b"</sheetData>"


@dataclass(frozen=True)
class Meaning:
    """What the parser knows of a workbook, for the cells of one sheet."""

    sheet: str
    limits: Limits
    column: Callable[[bytes], int]
    value: Callable[[str | None, str | None, bool, str | None], Any]
    """The value of a cell of a type (None: number), with a content (None: none is written), a formula or not, of a style."""
    plain_styles: frozenset[bytes]
    """Styles that show a cell as it is."""
    strings: Callable[[], list[str]]
    around: Callable[[Iterator[bytes]], None]
    """Parses what stands before or after the rows."""


def read_regular(file: IO[bytes], meaning: Meaning, cells: SheetCells, enough: int | None) -> bool:
    """Read a sheet's part into `cells`; False (and `cells` to be thrown away) when it is spelt otherwise. `enough`: rows that do."""
    buffer = file.read(_BLOCK)
    begin = buffer.find(_ROWS_BEGIN)
    before = buffer[: max(0, begin)]
    root = _ROOT.search(before)
    if begin < 0 or root is None or b"<!" in before or _OTHER_ENCODING.match(before) or b"\xff\xfe" in before[:2]:
        return False
    meaning.around(iter([before, b"</worksheet>"]))
    rows = _Rows(meaning, cells, b"xmlns:x14ac=" in root.group())
    place = begin + len(_ROWS_BEGIN)
    while True:
        place = rows.read(buffer, place, enough)
        if rows.irregular:
            return False
        if enough is not None and len(cells.rows) >= enough:
            return True
        if buffer.startswith(_ROWS_END, place):
            meaning.around(_after(root.group(), buffer[place + len(_ROWS_END) :], file))
            return True
        rest = buffer[place:]
        more = file.read(_BLOCK)
        if not more or b"</row>" in rest or len(rest) > _LONGEST_ROW:  # a whole row is there, spelt otherwise
            return False
        buffer, place = rest + more, 0


def _after(root: bytes, rest: bytes, file: IO[bytes]) -> Iterator[bytes]:
    yield root
    yield rest
    while block := file.read(_BLOCK):
        yield block


class _Rows:
    """Reads rows from a buffer while they are spelt as usual."""

    def __init__(self, meaning: Meaning, cells: SheetCells, has_x14ac: bool) -> None:
        self.irregular = False
        self._meaning, self._cells, self._has_x14ac = meaning, cells, has_x14ac
        self._columns: dict[bytes, int] = {}
        self._shown: dict[tuple[bytes, bytes, bytes], Any] = {}
        self._furthest = -1

    def read(self, buffer: bytes, place: int, enough: int | None) -> int:
        """Read the rows that stand whole in the buffer from a place on; returns where the next thing begins."""
        cells, meaning = self._cells, self._meaning
        while (match := _ROW.match(buffer, place)) is not None:
            number, attributes, content = match.groups()
            row = int(number) - 1
            if row < 0 or (b"x14ac" in attributes and not self._has_x14ac):
                self.irregular = True
                break
            if attributes and _HIDDEN.search(attributes):
                cells.hidden_rows.append(row)
            found = self._row(number, content or b"")
            if found is None:
                self.irregular = True
                break
            if found:
                cells.add_row(row, found, meaning.limits, meaning.sheet)
            cells.end = (max(cells.end[0], row), max(cells.end[1], self._furthest))
            place = match.end()
            if enough is not None and len(cells.rows) >= enough:
                break
        return place

    def _row(self, number: bytes, content: bytes) -> dict[int, Any] | None:  # noqa: C901 - a call for every cell would cost more
        """Values by column; None when the row is not what it seems."""
        meaning, columns, furthest = self._meaning, self._columns, self._furthest
        unshaped, strings = meaning.plain_styles, None
        found: dict[int, Any] = {}
        for letters, digits, style, kind, plain, written in _CELL.findall(content):
            if digits != number:
                return None
            column = columns.get(letters)
            if column is None:
                column = columns[letters] = meaning.column(letters)
            if column > furthest:  # noqa: PLR1730 - a call for every cell
                furthest = column
            if plain:
                if kind == b"s" and style in unshaped:
                    strings = meaning.strings() if strings is None else strings
                    place = int(plain)
                    if not 0 <= place < len(strings):
                        raise ValueError("shared string")
                    value: Any = strings[place] or None
                else:
                    value = self._number(style, kind, plain)
            elif written or kind == b"e":
                value = self._written(style, kind, written)
            else:
                continue
            if value is not None:
                if column in found:
                    return None
                found[column] = value
        self._furthest = furthest
        return found

    def _number(self, style: bytes, kind: bytes, plain: bytes) -> Any:
        """A value that stands alone; those of one style, type and text are worked out once."""
        known = (style, kind, plain)
        value = self._shown.get(known)
        if value is None:
            if len(self._shown) > _CACHED:
                self._shown.clear()
            value = self._meaning.value(kind.decode() or None, plain.decode(), False, style.decode() or None)
            self._shown[known] = value
        return value

    def _written(self, style: bytes, kind: bytes, written: bytes) -> Any:
        is_formula = written.startswith(b"<f")
        if is_formula:
            written = _FORMULA.sub(b"", written, count=1)
        return self._meaning.value(kind.decode() or None, _text_of(written), is_formula, style.decode() or None)


def regular_strings(file: IO[bytes], most: int) -> list[str] | None:
    """The shared texts of a workbook; None when they are spelt otherwise. Not many more than `most` are read."""
    buffer = file.read(_BLOCK)
    root = _STRINGS_ROOT.match(buffer)
    if root is None or _OTHER_ENCODING.match(buffer):
        return None
    strings: list[str] = []
    place = root.end()
    while True:
        run = _STRINGS.match(buffer, place)
        if run is not None:
            strings += [_text_of(text) or "" for text in _STRING.findall(run.group())]
            place = run.end()
        if len(strings) > most:
            return strings
        if buffer.startswith(b"</sst>", place):
            return strings if not buffer[place + 6 :].strip() and not file.read(1) else None
        rest, more = buffer[place:], file.read(_BLOCK)
        if not more or b"</si>" in rest or len(rest) > _LONGEST_ROW:
            return None
        buffer, place = rest + more, 0


def _text_of(written: bytes) -> str | None:
    """The text of `<v>…</v>`, `<t>…</t>` or `<is><t>…</t></is>`; None where there is none."""
    if not written:
        return None
    if written in (b"<v/>", b"<t/>"):
        return ""
    start = written.index(b">", 5 if written.startswith(b"<is>") else 0) + 1
    return unescape(written[start : written.index(b"</", start)].decode())
