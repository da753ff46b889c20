"""Make a workbook that DuckDB wrote fit for people: wide enough columns, a header that stays in sight, filters, a dictionary.

DuckDB writes the cells fast but bare. What is missing is put into its XML, and the parts are packed again with Arrow's deflate:
it comes with a locked package, while Python's own zlib is whichever one the machine has, and would give other bytes.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import pyarrow as pa

DICTIONARY = "Diccionario"
DICTIONARY_HEADER = ("Columna", "Qué es", "Unidad", "Valores posibles")
NARROWEST, WIDEST = 10, 60  # characters
FILTER_ARROW = 4  # characters that the arrow of a filter takes from a header
BOLD = 6  # cell style that is added after DuckDB's own six
SHEET, STYLES, WORKBOOK = "xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/workbook.xml"
TYPES, RELATIONS = "[Content_Types].xml", "xl/_rels/workbook.xml.rels"
WORKSHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
RELATION_TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
GZIP_HEADER, GZIP_TRAILER = 10, 8  # bytes around the raw deflate stream
DEFLATED, MADE_WITH, FIXED_DAY = 8, 20, 0x21  # zip: method, version 2.0, 1 January 1980


def make_readable(path: Path, widths: Sequence[int], rows: int, dictionary: Sequence[Sequence[str]]) -> None:
    """Rewrite the workbook at `path`, whose sheet has a header and `rows` rows.

    `widths` are the characters of the longest cell of each column, `dictionary` the rows of a second sheet.
    """
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    last = f"{_letters(len(widths))}{rows + 1}"
    parts[SHEET] = _dressed(parts[SHEET], widths, f'<autoFilter ref="A1:{last}"/>')
    parts["xl/worksheets/sheet2.xml"] = _dictionary_sheet(dictionary)
    parts[STYLES] = _with_bold(parts[STYLES])
    parts[WORKBOOK] = parts[WORKBOOK].replace(
        b"</sheets>", f'<sheet name="{DICTIONARY}" sheetId="2" state="visible" r:id="rId4"/></sheets>'.encode()
    ).replace(b"<workbookPr/>", b"<workbookPr/><bookViews><workbookView/></bookViews>")  # fmt: skip
    parts[RELATIONS] = parts[RELATIONS].replace(
        b"</Relationships>",
        f'<Relationship Id="rId4" Type="{RELATION_TYPE}" Target="worksheets/sheet2.xml"/></Relationships>'.encode(),
    )
    parts[TYPES] = parts[TYPES].replace(
        b"</Types>", f'<Override PartName="/xl/worksheets/sheet2.xml" ContentType="{WORKSHEET_TYPE}"/></Types>'.encode()
    )
    path.write_bytes(_zipped(parts))


def width(longest: int, header: str) -> int:
    """Width of a column, in characters, for its longest cell and its header."""
    return min(max(longest, len(header) + FILTER_ARROW, NARROWEST), WIDEST)


def _dressed(sheet: bytes, widths: Sequence[int], after: str) -> bytes:
    """A worksheet with a frozen bold header and column widths; `after` comes behind its cells."""
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{characters}" customWidth="1"/>'
        for number, characters in enumerate(widths, start=1)
    )
    head = (
        '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        f'</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>{columns}</cols>'
    )
    before, start, cells = sheet.partition(b"<sheetData>")
    header, end, rest = cells.partition(b"</row>")
    header = header.replace(b' t="inlineStr"', f' s="{BOLD}" t="inlineStr"'.encode())
    body, close, tail = rest.rpartition(b"</sheetData>")
    return b"".join([before, head.encode(), start, header, end, body, close, after.encode(), tail])


def _dictionary_sheet(rows: Sequence[Sequence[str]]) -> bytes:
    """The worksheet that says what each column is."""
    table = [DICTIONARY_HEADER, *rows]
    widths = [width(max(len(row[i]) for row in table), DICTIONARY_HEADER[i]) for i in range(len(DICTIONARY_HEADER))]
    lines = "".join(
        f'<row r="{number}">'
        + "".join(
            f'<c r="{_letters(column)}{number}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'
            for column, text in enumerate(row, start=1)
        )
        + "</row>"
        for number, row in enumerate(table, start=1)
    )
    bare = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{lines}</sheetData></worksheet>"
    )
    return _dressed(bare.encode(), widths, "")


def _with_bold(styles: bytes) -> bytes:
    """The styles with a bold one more, and years of four digits."""
    for before, after in (
        ('formatCode="dd/mm/yy"', 'formatCode="dd/mm/yyyy"'),
        ('<fonts count="1">', '<fonts count="2">'),
        ("</fonts>", '<font><b/><name val="Arial"/><family val="2"/><sz val="12"/></font></fonts>'),
        ('<cellXfs count="6">', '<cellXfs count="7">'),
        ("</cellXfs>", '<xf numFmtId="164" fontId="1" applyFont="1" xfId="0"/></cellXfs>'),
    ):
        if before.encode() not in styles:
            raise ValueError(f"DuckDB writes other styles than before: no {before}")
        styles = styles.replace(before.encode(), after.encode())
    return styles


def _letters(column: int) -> str:
    """1 -> A, 27 -> AA."""
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _zipped(parts: dict[str, bytes]) -> bytes:
    """A zip file of these parts, without dates."""
    codec = pa.Codec("gzip", compression_level=6)
    body, directory = b"", b""
    for name, content in parts.items():
        packed = codec.compress(content, asbytes=True)[GZIP_HEADER:-GZIP_TRAILER]
        path = name.encode()
        about = struct.pack(
            "<HHHHIII", 0, DEFLATED, 0, FIXED_DAY, zlib.crc32(content), len(packed), len(content)
        ) + struct.pack("<HH", len(path), 0)
        directory += struct.pack("<IHH", 0x02014B50, MADE_WITH, MADE_WITH) + about
        directory += struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + path
        body += struct.pack("<IH", 0x04034B50, MADE_WITH) + about + path + packed
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, len(parts), len(parts), len(directory), len(body), 0)
    return body + directory + end
