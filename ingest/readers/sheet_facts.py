"""What calamine does not tell about a sheet: error cells, hidden rows, percentages, and cells so far out that reading the
sheet as a rectangle would take all memory. Found by one pass over the bytes of the file, before calamine opens it.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from itertools import product
from pathlib import Path

from ingest.reading import Limits, RefusedFile

_BLOCK = 1 << 18
_MAX_ROW_BYTES = 32 << 20
"""A single row of a real sheet is far smaller; what has no row end in so many bytes is not one."""
_MAX_RECTANGLE = 30_000_000
"""Cells of the rectangle that calamine builds (a full sheet of 28 columns)."""
_MAX_REPEATED = 1_000_000
"""Cells that an ODS may write as one error or one percentage repeated."""
_EXCEL_ROWS = 1_048_576
_EXCEL_COLUMNS = 16_384
_WIDEST_TWO_LETTERS = 702
_DAMAGED = "El libro está dañado o incompleto. Ábralo, guárdelo de nuevo y vuelva a entregarlo."
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    KeyError,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,  # an encrypted member
)
_ENTITY = re.compile(rb"<!(DOCTYPE|ENTITY)|<\x00!\x00[DE]|\x00<\x00![\x00][DE]", re.IGNORECASE)
_PERCENT_FORMATS = frozenset({9, 10})


@dataclass
class SheetFacts:
    """Row and column numbers from 0."""

    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: list[int] = field(default_factory=list)
    percents: set[tuple[int, int]] = field(default_factory=set)


def too_many_rows(limits: Limits) -> RefusedFile:
    return RefusedFile(
        [
            f"La hoja tiene más de {limits.rows:,} filas, que es el límite. Borre las filas vacías del final o divida el archivo."
        ]
    )


def _far_cells() -> RefusedFile:
    return RefusedFile(
        [
            "La hoja tiene celdas sueltas muy lejos de los datos y ocupa demasiado. Copie solo los datos a un libro nuevo."
        ]
    )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


# ---- XLSX --------------------------------------------------------------------------------------------------------------


@dataclass
class XlsxFacts:
    """Of a whole XLSX: its sheets' facts by name, in the order of the workbook, and which date system it uses."""

    sheets: dict[str, SheetFacts]
    date_1904: bool


def scan_xlsx(path: Path, limits: Limits) -> XlsxFacts:
    """Look through an XLSX. Raises RefusedFile: macros, links to other files, entities, too large, damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_active_parts(archive.namelist())
            for member in archive.infolist():
                if member.filename.endswith((".xml", ".rels")):
                    _refuse_entities(archive, member)
            workbook = archive.read("xl/workbook.xml")
            styles = _percent_styles(archive)
            parts = _sheet_parts(archive, workbook)
            sheets = {name: _scan_sheet(archive, part, styles, limits) for name, part in parts.items()}
    except _DAMAGE:
        raise RefusedFile([_DAMAGED]) from None
    return XlsxFacts(sheets, re.search(rb'date1904="(1|true)"', workbook) is not None)


def _refuse_active_parts(names: list[str]) -> None:
    lowered = [name.lower() for name in names]
    if any("vbaproject" in name or name.startswith("xl/macrosheets/") for name in lowered):
        raise RefusedFile(
            ["El libro trae macros, que no se reciben. Guárdelo como «Libro de Excel (.xlsx)», sin macros."]
        )
    if any(name.startswith("xl/externallinks/") or name == "xl/connections.xml" for name in lowered):
        raise RefusedFile(
            [
                "El libro trae vínculos a otros archivos o a una base de datos. En Excel: Datos, Editar vínculos, Romper vínculo; "
                "o copie los datos y péguelos como valores en un libro nuevo."
            ]
        )


def _refuse_entities(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    with archive.open(member) as file:
        head = file.read(1 << 16)
    if _ENTITY.search(head):
        raise RefusedFile(
            ["El libro trae definiciones de entidades XML, que ninguna hoja de cálculo escribe: no se recibe."]
        )


def _percent_styles(archive: zipfile.ZipFile) -> list[bytes]:
    """Indices of the cell styles that show a number as a percentage."""
    if "xl/styles.xml" not in archive.namelist():
        return []
    styles = archive.read("xl/styles.xml")
    percent = set(_PERCENT_FORMATS)
    for tag in re.findall(rb"<(?:\w+:)?numFmt\s[^>]*>", styles):
        number = re.search(rb'numFmtId="(\d+)"', tag)
        code = re.search(rb'formatCode="([^"]*)"', tag)
        if number and code and b"%" in code.group(1):
            percent.add(int(number.group(1)))
    cell_formats = re.search(rb"<(?:\w+:)?cellXfs.*?</(?:\w+:)?cellXfs>", styles, re.DOTALL)
    if cell_formats is None:
        return []
    found = []
    for index, tag in enumerate(re.findall(rb"<(?:\w+:)?xf\s[^>]*>", cell_formats.group(0))):
        number = re.search(rb'numFmtId="(\d+)"', tag)
        if number and int(number.group(1)) in percent:
            found.append(b"%d" % index)
    return found


def _sheet_parts(archive: zipfile.ZipFile, workbook: bytes) -> dict[str, str]:
    """Sheet name -> member of the archive."""
    rels = archive.read("xl/_rels/workbook.xml.rels")
    targets: dict[bytes, str] = {}
    for tag in re.findall(rb"<(?:\w+:)?Relationship\s[^>]*>", rels):
        identifier = re.search(rb'\bId="([^"]*)"', tag)
        target = re.search(rb'\bTarget="([^"]*)"', tag)
        if identifier and target:
            text = target.group(1).decode("utf-8", "replace")
            targets[identifier.group(1)] = text.lstrip("/") if text.startswith("/") else f"xl/{text}"
    parts = {}
    for tag in re.findall(rb"<(?:\w+:)?sheet\s[^>]*>", workbook):
        name = re.search(rb'\bname="([^"]*)"', tag)
        identifier = re.search(rb':id="([^"]*)"', tag)
        if name and identifier and targets.get(identifier.group(1), "").startswith("xl/worksheets/"):
            parts[unescape(name.group(1).decode("utf-8", "replace"))] = targets[identifier.group(1)]
    return parts


def _row_blocks(archive: zipfile.ZipFile, part: str, row_end: bytes) -> Iterator[bytes]:
    """The unpacked member in blocks of whole rows."""
    carried = b""
    with archive.open(part) as file:
        while block := file.read(_BLOCK):
            block = carried + block
            cut = block.rfind(row_end)
            if cut < 0:
                carried = block
                if len(carried) > _MAX_ROW_BYTES:
                    raise RefusedFile([_DAMAGED])
                continue
            cut += len(row_end)
            yield block[:cut]
            carried = block[cut:]
    if carried:
        yield carried


@dataclass(frozen=True)
class _Tags:
    """The patterns of a sheet, with the prefix that its writer gave to the namespace."""

    row: bytes
    row_number: re.Pattern[bytes]
    hidden_row: re.Pattern[bytes]
    row_end: bytes
    formula: bytes
    cell: re.Pattern[bytes]

    @classmethod
    def of(cls, head: bytes) -> _Tags:
        match = re.search(rb"<(\w+:)?worksheet\b", head)
        prefix = (match.group(1) or b"") if match else b""
        return cls(
            b"<" + prefix + b"row",
            re.compile(rb"<" + prefix + rb'row\b[^>]*?\br="(\d{1,9})"'),
            re.compile(rb"<" + prefix + rb'row\b(?=[^>]*\bhidden="(?:1|true)")[^>]*?\br="(\d{1,9})"'),
            b"</" + prefix + b"row>",
            b"<" + prefix + b"f",
            re.compile(rb"<" + prefix + rb"c\b([^>]*[^/])>(.*?)</" + prefix + rb"c>", re.DOTALL),
        )


_BEYOND_Z = re.compile(rb'r="[A-Z]{2}')
_BEYOND_ZZ = re.compile(rb'r="[A-Z]{3}\d')
_FILLED_FAR_CELL = re.compile(rb'\br="([A-Z]{2,3})\d+"[^>]*[^/]>')


def _scan_sheet(archive: zipfile.ZipFile, part: str, styles: list[bytes], limits: Limits) -> SheetFacts:
    facts = SheetFacts()
    with archive.open(part) as file:
        tags = _Tags.of(file.read(4096))
    percent = re.compile(rb'\bs="(?:' + b"|".join(styles) + rb')"') if styles else None
    last = width = 0
    for block in _row_blocks(archive, part, tags.row_end):
        numbers = tags.row_number.findall(block)
        # Rows without a number follow the one before: counting them all as later ones errs on the safe side.
        last = (
            max(last, *map(int, numbers), last + block.count(tags.row) - len(numbers))
            if numbers
            else last + block.count(tags.row)
        )
        if last > min(_EXCEL_ROWS, limits.rows + 1000):
            raise too_many_rows(limits)
        width = max(width, _width(block, last))
        if width * last > _MAX_RECTANGLE or width > _EXCEL_COLUMNS:
            raise _far_cells()
        if b"hidden=" in block:
            facts.hidden_rows += [int(number) - 1 for number in tags.hidden_row.findall(block)]
        has_formulas = tags.formula in block
        has_percents = percent is not None and percent.search(block) is not None
        if b't="e"' in block or has_formulas or has_percents:
            _scan_cells(block, tags, percent, facts)
    return facts


def _width(block: bytes, rows: int) -> int:
    """At least the number of columns in use; exact only where it decides whether the sheet's rectangle is affordable."""
    affordable = rows * _WIDEST_TWO_LETTERS <= _MAX_RECTANGLE
    if (_BEYOND_ZZ if affordable else _BEYOND_Z).search(block) is None:
        return 0 if affordable else 26
    return max((_column_number(match.group(1)) + 1 for match in _FILLED_FAR_CELL.finditer(block)), default=26)


def _scan_cells(block: bytes, tags: _Tags, percent: re.Pattern[bytes] | None, facts: SheetFacts) -> None:
    for cell in tags.cell.finditer(block):
        attributes, content = cell.groups()
        place = re.search(rb'\br="([A-Z]+)(\d+)"', attributes)
        if place is None:
            continue
        where = (int(place.group(2)) - 1, _column_number(place.group(1)))
        value = re.search(rb"<(?:\w+:)?v>([^<]*)</", content)
        if b't="e"' in attributes:
            facts.errors[where] = value.group(1).decode("utf-8", "replace") if value else "#ERROR"
        elif value is None and re.search(rb"<(?:\w+:)?f\b", content) and b't="str"' not in attributes:
            facts.errors[where] = "fórmula sin resultado guardado"
        elif percent is not None and percent.search(attributes) and b' t="' not in attributes.replace(b't="n"', b""):
            facts.percents.add(where)


# ---- ODS ---------------------------------------------------------------------------------------------------------------


_ODS_PIECE = re.compile(
    rb'<table:table\s[^>]*table:name="([^"]*)"'
    rb"|<table:table-row\b([^>]*?)/>"
    rb"|<table:table-row\b([^>]*?)>(.*?)</table:table-row>",
    re.DOTALL,
)
_ODS_CELL = re.compile(
    rb"<table:(?:covered-)?table-cell\b([^>]*?)(?:/>|>(.*?)</table:(?:covered-)?table-cell>)", re.DOTALL
)
_ODS_ERROR = re.compile(r"#[A-ZÁ-Ú0-9/!?¡]+|Err:\d+")


def scan_ods(path: Path, limits: Limits) -> dict[str, SheetFacts]:
    """Look through an ODS: hidden rows and error cells by sheet. Raises RefusedFile: macros, too large, damaged.

    An ODS says "this row, a million times" in a few bytes; repeated rows with content are counted before calamine writes
    them out.
    """
    facts: dict[str, SheetFacts] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            if any(re.match(r"(Basic|Scripts)/.+/.+", name) for name in archive.namelist()):
                raise RefusedFile(["El libro trae macros, que no se reciben. Guárdelo sin macros."])
            for member in archive.infolist():
                if member.filename.endswith(".xml"):
                    _refuse_entities(archive, member)
            sheet: SheetFacts | None = None
            row = width = 0
            for block in _row_blocks(archive, "content.xml", b"</table:table-row>"):
                for piece in _ODS_PIECE.finditer(block):
                    name, empty_row, row_attributes, row_cells = piece.groups()
                    if name is not None:
                        sheet = facts.setdefault(_unescaped(name), SheetFacts())
                        row = width = 0
                        continue
                    attributes = empty_row if empty_row is not None else row_attributes
                    cells = row_cells or b""
                    repeated = _repeated(attributes, rb"table:number-rows-repeated")
                    if b"office:value-type" in cells or b"<text:p" in cells:
                        if row + repeated > limits.rows + 1000:
                            raise too_many_rows(limits)
                        rows = range(row, row + repeated)
                        width = max(width, _scan_ods_row(rows, attributes, cells, sheet or SheetFacts()))
                        if width > _EXCEL_COLUMNS or width * (row + repeated) > _MAX_RECTANGLE:
                            raise _far_cells()
                    row += repeated
    except _DAMAGE:
        raise RefusedFile([_DAMAGED]) from None
    return facts


def _unescaped(name: bytes) -> str:
    return unescape(name.decode("utf-8", "replace"))


def _repeated(attributes: bytes, name: bytes) -> int:
    match = re.search(name + rb'="(\d{1,9})"', attributes)
    return int(match.group(1)) if match else 1


def _scan_ods_row(rows: range, attributes: bytes, cells: bytes, sheet: SheetFacts) -> int:
    """Note what is to be said of one row, or of equal rows that are written once; returns the number of columns up to its
    last cell in use."""
    if b'table:visibility="' in attributes and b'table:visibility="visible"' not in attributes:
        sheet.hidden_rows += rows
    column = width = 0
    for cell in _ODS_CELL.finditer(cells):
        inside, content = cell.group(1), cell.group(2) or b""
        following = column + _repeated(inside, rb"table:number-columns-repeated")
        if b"office:value-type" in inside or content:
            text = re.search(rb"<text:p[^>]*>([^<]*)</text:p>", content)
            shown = _unescaped(text.group(1)) if text else ""
            is_error = b'calcext:value-type="error"' in inside or _ODS_ERROR.fullmatch(shown) is not None
            if is_error or b'office:value-type="percentage"' in inside:
                if len(rows) * (following - column) > _MAX_REPEATED:
                    raise _far_cells()
                places = product(rows, range(column, following))
                if is_error:
                    sheet.errors.update(dict.fromkeys(places, shown or "#ERROR"))
                else:
                    sheet.percents.update(places)
            width = following
        column = following
    return width


# ---- XLS (BIFF in an OLE container) ------------------------------------------------------------------------------------

_FREE = 0xFFFFFFFA
_ERROR_NAMES = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_BOUNDSHEET, _ROW, _BOOLERR, _FORMULA, _DATE_1904 = 0x85, 0x208, 0x205, 0x06, 0x22
_FORMAT, _CELL_STYLE, _NUMBER, _RK, _MANY_RK = 0x41E, 0xE0, 0x203, 0x27E, 0xBD


@dataclass
class XlsFacts:
    """Of a whole XLS: its sheets' facts in the order of the workbook."""

    sheets: list[SheetFacts]
    date_1904: bool


def scan_xls(path: Path) -> XlsFacts:
    """Look through an XLS. Raises RefusedFile on macros. A container that cannot be followed is left to calamine."""
    content = path.read_bytes()
    if "_VBA_PROJECT".encode("utf-16-le") in content:
        raise RefusedFile(["El libro trae macros, que no se reciben. Guárdelo como XLSX, sin macros."])
    facts = XlsFacts([], False)
    try:
        stream = _workbook_stream(content)
        offsets = []
        percent_formats, formats = set(_PERCENT_FORMATS), []
        for kind, record in _biff_records(stream, 0):
            if kind == _BOUNDSHEET:
                offsets.append(struct.unpack_from("<I", record)[0])
            elif kind == _DATE_1904:
                facts.date_1904 = record[:1] == b"\x01"
            elif kind == _FORMAT and b"%" in record[2:]:
                percent_formats.add(struct.unpack_from("<H", record)[0])
            elif kind == _CELL_STYLE:
                formats.append(struct.unpack_from("<H", record, 2)[0])
        percents = {style for style, number in enumerate(formats) if number in percent_formats}
        facts.sheets = [_scan_biff_sheet(stream, offset, percents) for offset in offsets]
    except (struct.error, IndexError, ValueError):
        return facts
    return facts


def _workbook_stream(content: bytes) -> bytes:
    """The stream 'Workbook' (or 'Book') of an OLE compound file. Raises ValueError, IndexError or struct.error."""
    sector = 1 << struct.unpack_from("<H", content, 30)[0]
    if sector not in (512, 4096):
        raise ValueError("sector size")

    def at(index: int) -> bytes:
        return content[(index + 1) * sector : (index + 2) * sector]

    table_sectors = list(struct.unpack_from("<109I", content, 76))
    following, per_sector = struct.unpack_from("<I", content, 68)[0], sector // 4
    for _ in range(len(content) // sector):
        if following >= _FREE:
            break
        more = struct.unpack(f"<{per_sector}I", at(following))
        table_sectors += more[:-1]
        following = more[-1]
    chain: list[int] = []
    for index in table_sectors:
        if index < _FREE:
            chain += struct.unpack(f"<{per_sector}I", at(index))

    def follow(index: int) -> bytes:
        pieces: list[bytes] = []
        while index < _FREE and len(pieces) <= len(chain):
            pieces.append(at(index))
            index = chain[index]
        return b"".join(pieces)

    directory = follow(struct.unpack_from("<I", content, 48)[0])
    for start in range(0, len(directory), 128):
        entry = directory[start : start + 128]
        name = entry[: max(0, struct.unpack_from("<H", entry, 64)[0] - 2)].decode("utf-16-le", "replace")
        size = struct.unpack_from("<I", entry, 120)[0]
        if name in ("Workbook", "Book") and size >= 4096:  # a smaller one lies in the mini stream and holds no table
            return follow(struct.unpack_from("<I", entry, 116)[0])[:size]
    raise ValueError("no workbook stream")


def _biff_records(stream: bytes, offset: int) -> Iterator[tuple[int, bytes]]:
    """Records of one substream, up to its end."""
    while offset + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, offset)
        yield kind, stream[offset + 4 : offset + 4 + length]
        offset += 4 + length
        if kind == 0x0A:
            return


def _scan_biff_sheet(stream: bytes, offset: int, percents: set[int]) -> SheetFacts:
    """`percents`: indices of the cell styles that show a number as a percentage."""
    facts = SheetFacts()
    for kind, record in _biff_records(stream, offset):
        if kind == _ROW:
            (row,) = struct.unpack_from("<H", record)
            if struct.unpack_from("<H", record, 12)[0] & 0x20:
                facts.hidden_rows.append(row)
        elif kind == _BOOLERR and record[7]:
            facts.errors[struct.unpack_from("<HH", record)] = _ERROR_NAMES.get(record[6], "#ERROR")
        elif kind == _FORMULA and record[12:14] == b"\xff\xff" and record[6] == 2:
            facts.errors[struct.unpack_from("<HH", record)] = _ERROR_NAMES.get(record[8], "#ERROR")
        elif kind in (_NUMBER, _RK, _FORMULA, _MANY_RK):
            facts.percents |= _biff_percents(kind, record, percents)
    return facts


def _biff_percents(kind: int, record: bytes, percents: set[int]) -> set[tuple[int, int]]:
    """The cells of a record of numbers that are shown as percentages."""
    row, first = struct.unpack_from("<HH", record)
    count = (len(record) - 6) // 6 if kind == _MANY_RK else 1
    styles = (struct.unpack_from("<H", record, 4 + 6 * index)[0] for index in range(count))
    return {(row, first + index) for index, style in enumerate(styles) if style in percents}
