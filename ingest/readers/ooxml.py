"""XLSX, as any program writes it: parts found through their relationships, prefixes and namespaces (strict ones too) resolved
by an XML parser, cells with and without their place. One pass over a sheet gives value, format, error and formula at once.
"""

from __future__ import annotations

import datetime as dt
import math
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

from openpyxl.utils import column_index_from_string

from ingest.readers.number_formats import BUILT_IN, NumberFormat, number_format
from ingest.readers.number_formats import Meaning as FormatMeaning
from ingest.readers.ooxml_regular import Meaning, read_regular, regular_strings
from ingest.readers.sheets import (
    DAMAGED,
    EXCEL_ROWS,
    HEAD_ROWS,
    NO_DATE,
    NO_RESULT,
    CellError,
    Sheet,
    SheetCells,
    Workbook,
    check_merges,
    number_as_shown,
    without_zone,
)
from ingest.reading import Limits, RefusedFile

_BLOCK = 1 << 18
_MAX_STRINGS = 10_000_000
_SMALL = 1 << 20
"""Bytes of a sheet that is read once and whole, instead of its head first."""
_MAX_STYLES = 100_000  # Excel itself stops at 65,490
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\b[^>]*?\bref\s*=\s*[\"']([^\"']*)[\"']")
_DIGITS = "0123456789"
_TRUE = ("1", "true")
_FALSE = ("0", "false")
_NUMERIC = (None, "n")
_TEXTS = ("s", "str", "inlineStr")
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    LookupError,  # also an encoding that nobody knows
    EOFError,
    ValueError,
    OverflowError,
    NotImplementedError,
    RuntimeError,  # an encrypted member
    expat.ExpatError,
)
"""What a damaged zip or XML may raise."""
Attributes = dict[str, str]


class EnoughRead(Exception):
    """The rest of a part is not wanted."""


Handlers = tuple[Callable[[str, Attributes], None], Callable[[str], None] | None, Callable[[str], None] | None]
"""What to call at the start of an element, at its end, and with its text."""


def parse(
    archive: zipfile.ZipFile,
    part: str,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Stream a part through expat. Names come as "namespace local". Raises RefusedFile on entity definitions."""
    with archive.open(part) as file:
        _feed(iter(lambda: file.read(_BLOCK), b""), (start, end, text))


def _feed(blocks: Iterator[bytes], handlers: Handlers) -> None:
    start, end, text = handlers
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.buffer_size = 1 << 16
    parser.StartDoctypeDeclHandler = _refuse_entities
    parser.StartElementHandler = start
    if end is not None:
        parser.EndElementHandler = end
    if text is not None:
        parser.CharacterDataHandler = text
    try:
        for block in blocks:
            parser.Parse(block, False)
        parser.Parse(b"", True)
    except EnoughRead:
        pass


def _refuse_entities(*_: object) -> None:
    raise RefusedFile("El libro trae definiciones de entidades XML, que ninguna hoja de cálculo escribe: no se recibe.")


def local(name: str) -> str:
    """The local part of a name as `parse` gives it."""
    return name.rpartition(" ")[2]


def open_xlsx(archive: zipfile.ZipFile, limits: Limits) -> Workbook:
    """The sheets of an XLSX. Raises RefusedFile (macros, links, entities) or what `DAMAGE` lists."""
    package = _Package(archive)
    package.refuse_active_parts()
    workbook = package.target(None, "officeDocument")
    if workbook is None:
        raise RefusedFile(DAMAGED)
    book = _WorkbookPart()
    parse(archive, workbook, book.start)
    strings = package.target(workbook, "sharedStrings")
    styles = package.target(workbook, "styles")
    shared = _Lazy(lambda: _shared_strings(archive, strings) if strings else [])
    formats = _formats(archive, styles, book.date_1904) if styles else {None: None, "0": None}
    sheets = []
    relations = package.relations(workbook)
    for name, state, identifier in book.sheets:
        kind, part = relations.get(identifier, ("", ""))
        if kind != "worksheet":
            continue
        source = _SheetSource(archive, part, name, shared, formats, book, limits)
        sheets.append(Sheet(name, state in ("", "visible"), source.head, source.read))
    return Workbook(sheets, book.date_1904)


class _Lazy:
    """Shared strings, read when a sheet first needs one."""

    def __init__(self, make: Callable[[], list[str]]) -> None:
        self._make = make
        self._made: list[str] | None = None

    def get(self) -> list[str]:
        if self._made is None:
            self._made = self._make()
        return self._made


class _Package:
    """The parts of a zip and how they refer to one another."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        # Part names know no case, and some programs write them with backslashes.
        self.names = {name.replace("\\", "/").casefold(): name for name in archive.namelist()}

    def relations(self, part: str | None) -> dict[str, tuple[str, str]]:
        """Relationship id -> (last word of its type, part or address that it names)."""
        folder, name = posixpath.split((part or "").replace("\\", "/"))
        rels = self.names.get(posixpath.join(folder, "_rels", f"{name}.rels").casefold())
        found: dict[str, tuple[str, str]] = {}
        if rels is None:
            return found

        def start(element: str, attributes: Attributes) -> None:
            if local(element) == "Relationship":
                kind = attributes.get("Type", "").rpartition("/")[2]
                target = attributes.get("Target", "").replace("\\", "/")
                if attributes.get("TargetMode") != "External":
                    path = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
                    target = self.names.get(path.casefold(), path)
                found[attributes.get("Id", "")] = (kind, target)

        parse(self.archive, rels, start)
        return found

    def target(self, part: str | None, kind: str) -> str | None:
        """The part of that kind to which a part (None: the package) refers."""
        found = (target for own, target in self.relations(part).values() if own == kind)
        return next((target for target in found if target in self.archive.NameToInfo), None)

    def refuse_active_parts(self) -> None:
        if any("vbaproject" in name or "macrosheet" in name for name in self.names):
            raise RefusedFile(
                "El libro trae macros, que no se reciben. Guárdelo como «Libro de Excel (.xlsx)», sin macros."
            )
        if any("/externallinks/" in name or name.endswith("/connections.xml") for name in self.names):
            raise RefusedFile(
                "El libro trae vínculos a otros archivos o a una base de datos. En Excel: Datos, Editar vínculos, Romper vínculo; "
                "o copie los datos y péguelos como valores en un libro nuevo."
            )


class _WorkbookPart:
    """What the workbook's own part says."""

    def __init__(self) -> None:
        self.date_1904 = False
        self.recalculated = False
        """Its writer left the formulas to be computed by whoever opens it: a saved 0 is no result."""
        self.sheets: list[tuple[str, str, str]] = []
        """Name, state and relationship of each sheet."""
        self._namespace: str | None = None

    def start(self, element: str, attributes: Attributes) -> None:
        """Elements of the workbook's own namespace count: extensions have a `workbookPr` too, which says nothing of dates."""
        namespace, _, name = element.rpartition(" ")
        if self._namespace is None:
            self._namespace = namespace
        if namespace != self._namespace:
            return
        if name == "sheet":
            identifier = next((value for key, value in attributes.items() if key.endswith(" id")), "")
            self.sheets.append((attributes.get("name", ""), attributes.get("state", ""), identifier))
        elif name == "workbookPr":
            self.date_1904 = attributes.get("date1904") in _TRUE
        elif name == "calcPr":
            self.recalculated = attributes.get("fullCalcOnLoad") in _TRUE or attributes.get("calcCompleted") in _FALSE


def _shared_strings(archive: zipfile.ZipFile, part: str) -> list[str]:
    with archive.open(part) as file:
        regular = regular_strings(file, _MAX_STRINGS)
    if regular is not None:
        _check_strings(len(regular))
        return [unescaped(text) for text in regular] if any("_x" in text for text in regular) else regular
    return _strings_of_any_spelling(archive, part)


def _strings_of_any_spelling(archive: zipfile.ZipFile, part: str) -> list[str]:  # noqa: C901 - the state of one parser
    strings: list[str] = []
    item: list[str] = []
    collecting = False
    phonetic = 0

    def start(element: str, _: Attributes) -> None:
        nonlocal collecting, phonetic
        name = local(element)
        if name == "t":
            collecting = not phonetic
        elif name == "si":
            item.clear()
        elif name == "rPh":
            phonetic += 1

    def end(element: str) -> None:
        nonlocal collecting, phonetic
        name = local(element)
        if name == "t":
            collecting = False
        elif name == "si":
            strings.append(unescaped("".join(item)))
            _check_strings(len(strings))
        elif name == "rPh":
            phonetic -= 1

    def text(data: str) -> None:
        if collecting:
            item.append(data)

    parse(archive, part, start, end, text)
    return strings


def _check_strings(count: int) -> None:
    if count > _MAX_STRINGS:
        raise RefusedFile(
            f"El libro guarda más de {_MAX_STRINGS:,} textos, más de los que caben en una hoja. Copie solo los datos a un libro nuevo."
        )


def unescaped(text: str) -> str:
    """`_x000D_` and its like are how the format writes characters that XML cannot hold."""
    if "_x" not in text:
        return text
    return (
        _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), text)
        .encode("utf-16", "surrogatepass")
        .decode("utf-16", "replace")
    )


@dataclass(frozen=True)
class _Style:
    """How cells of one style are shown: only styles that change a cell are kept."""

    form: NumberFormat
    date_1904: bool
    defined: bool = True

    def number(self, value: float) -> Any:
        if not self.defined:
            return CellError("número con un formato que el libro no define")
        return number_as_shown(value, self.form, self.date_1904)

    def text(self, value: str) -> str:
        around = self.form.around_text
        return f"{around[0]}{value}{around[1]}" if around and value else value


_UNDEFINED = _Style(number_format("General"), False, defined=False)
"""A style that a cell names and the workbook does not have: whether its number is a date or a percentage is not known."""


def _formats(archive: zipfile.ZipFile, part: str, date_1904: bool) -> dict[str | None, _Style | None]:
    """Index of a cell style -> how it shows a cell; None where it shows what the cell holds."""
    codes: dict[int, str] = dict(BUILT_IN)
    used: list[int] = []
    inside: str | None = None
    """The list that is being read. Conditional formats (`dxfs`) number theirs anew: 14, a date, may be a percentage there."""

    def start(element: str, attributes: Attributes) -> None:
        nonlocal inside
        name = local(element)
        if name in ("numFmts", "cellXfs"):
            inside = name
        elif name == "numFmt" and inside == "numFmts" and attributes.get("numFmtId", "").isdecimal():
            codes[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
        elif name == "xf" and inside == "cellXfs":
            number = attributes.get("numFmtId", "0")
            used.append(int(number) if number.isdecimal() else 0)
            if len(used) > _MAX_STYLES:
                raise RefusedFile(DAMAGED)

    def end(element: str) -> None:
        nonlocal inside
        if local(element) == inside:
            inside = None

    parse(archive, part, start, end)
    styles: dict[str | None, _Style | None] = {None: None}
    for index, number in enumerate(used):
        form = number_format(codes.get(number, "General"))
        plain = form.meaning is FormatMeaning.NUMBER and form.around_text is None
        styles[str(index)] = None if plain else _Style(form, date_1904)
    return styles


@dataclass
class _SheetSource:
    """Where a sheet's cells come from."""

    archive: zipfile.ZipFile
    part: str
    name: str
    shared: _Lazy
    styles: dict[str | None, _Style | None]
    book: _WorkbookPart
    limits: Limits
    kept: SheetCells | None = None

    def head(self) -> SheetCells:
        if self.archive.getinfo(self.part).file_size <= _SMALL:
            return self.read()
        self._check_merges()
        return self._cells(HEAD_ROWS)

    def read(self) -> SheetCells:
        if self.kept is None:
            self.kept = self._cells(None)
        return self.kept

    def _check_merges(self) -> None:
        """Merged ranges stand behind the cells; what copies a workbook writes them out, in every sheet."""
        merges: list[tuple[int, int, int, int]] = []
        carried = b""
        with self.archive.open(self.part) as file:
            while block := file.read(_BLOCK):
                block = carried + block
                if b"mergeCell" in block:
                    merges += [_range(match.group(1).decode("ascii", "replace")) for match in _MERGE.finditer(block)]
                    check_merges(merges, self.name)
                cut = max(block.rfind(b">") + 1, len(block) - 4096)
                carried = block[cut:]

    def _cells(self, enough: int | None) -> SheetCells:
        cells = self._regular(enough)
        if cells is None:
            cells = SheetCells()
            start, end, text = _handlers(self, cells, enough)
            parse(self.archive, self.part, start, end, text)
        check_merges(cells.merges, self.name)
        return cells.finish()

    def _regular(self, enough: int | None) -> SheetCells | None:
        """The cells of a sheet that is spelt as programs do; None for another."""
        cells = SheetCells()
        handlers = _handlers(self, cells, enough)
        meaning = Meaning(
            self.name,
            self.limits,
            lambda letters: _column_number(letters.decode()),
            lambda kind, content, is_formula, style: _value(
                kind, content, is_formula, self.styles.get(style, _UNDEFINED), self
            ),
            frozenset((own or "").encode() for own, style in self.styles.items() if style is None),
            self.shared.get,
            lambda blocks: _feed(blocks, handlers),
        )
        with self.archive.open(self.part) as file:
            return cells if read_regular(file, meaning, cells, enough) else None


def _range(reference: str) -> tuple[int, int, int, int]:
    """Top, left, bottom and right of B2:C3, or of whole columns (B:C) or rows (2:3). Raises ValueError."""
    first, _, last = reference.replace("$", "").partition(":")
    if first.isalpha() and last.isalpha():
        first, last = f"{first}1", f"{last}{EXCEL_ROWS}"
    elif first.isdecimal() and last.isdecimal():
        first, last = f"A{first}", f"XFD{last}"
    top, left = _place(first)
    bottom, right = _place(last or first)
    return min(top, bottom), min(left, right), max(top, bottom), max(left, right)


def _place(reference: str) -> tuple[int, int]:
    letters = reference.rstrip(_DIGITS)
    return int(reference[len(letters) :]) - 1, _column_number(letters)


def _column_number(letters: str) -> int:
    if not (letters.isascii() and letters.isalpha() and len(letters) <= 3):
        raise ValueError("cell reference")
    return int(column_index_from_string(letters)) - 1


def _value(  # noqa: PLR0911 - one return per type of cell
    kind: str | None, content: str | None, is_formula: bool, style: _Style | None, source: _SheetSource
) -> Any:  # fmt: skip
    """What a cell is, from its type, its content (None: no value is written) and its style; None when empty."""
    if kind == "e":
        return CellError((content or "").strip() or "#ERROR")
    if content is None or (kind in (*_NUMERIC, "s") and not content.strip()):
        return CellError(NO_RESULT) if is_formula else None
    if kind in _NUMERIC:
        number = float(content)
        if not math.isfinite(number):
            return CellError("#NUM!")
        if is_formula and number == 0 and source.book.recalculated:
            return CellError(NO_RESULT)
        return number if style is None else style.number(number)
    if kind in _TEXTS:
        value = _shared(int(content), source) if kind == "s" else unescaped(content)
        return (value if style is None else style.text(value)) or None
    if kind == "b":
        return _boolean(content.strip(), is_formula)
    if kind == "d":
        try:
            return _iso_moment(content.strip())
        except ValueError:
            return CellError(content.strip() or NO_DATE)
    raise ValueError("cell type")


def _boolean(text: str, is_formula: bool) -> Any:
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if text:
        return CellError(f"valor lógico «{text[:20]}» que no es ni verdadero ni falso")
    return CellError(NO_RESULT) if is_formula else None


def _shared(place: int, source: _SheetSource) -> str:
    strings = source.shared.get()
    if not 0 <= place < len(strings):
        raise ValueError("shared string")
    return strings[place]


def _iso_moment(text: str) -> Any:
    """The date that a strict workbook writes as text."""
    if "T" not in text:
        return dt.time.fromisoformat(text) if ":" in text else dt.date.fromisoformat(text)
    moment = without_zone(dt.datetime.fromisoformat(text))
    return moment if moment.time() != dt.time() else moment.date()


def _handlers(  # noqa: C901, PLR0915 - the state of one parser
    source: _SheetSource, cells: SheetCells, enough: int | None
) -> tuple[Callable[[str, Attributes], None], Callable[[str], None], Callable[[str], None]]:
    """The three handlers of a sheet's part. One call per tag of a million cells: hence no object, and few look-ups."""
    limits, name, styles = source.limits, source.name, source.styles
    columns: dict[str, int] = {}
    row_tag = cell_tag = value_tag = formula_tag = text_tag = phonetic_tag = ""
    row = column = -1
    row_text = ""
    row_cells: dict[int, Any] = {}
    kind: str | None = None
    style: _Style | None = None
    content: list[str] = []
    collecting = has_value = is_formula = phonetic = False
    texts: list[str] = []
    into = content
    furthest = -1

    def start(element: str, attributes: Attributes) -> None:  # noqa: C901 - a branch per tag
        nonlocal row, column, row_text, kind, style, collecting, has_value, is_formula, phonetic, into, furthest
        if element == cell_tag:
            reference = attributes.get("r")
            if reference is None:
                column += 1
            else:
                letters = reference.rstrip(_DIGITS)
                if reference[len(letters) :] != row_text:
                    raise RefusedFile(
                        f"La hoja «{name[:60]}» está dañada o tiene celdas muy lejos de los datos: la celda {reference[:20]} está escrita en la fila {row_text}. Copie solo los datos a un libro nuevo."
                    )
                known = columns.get(letters)
                column = columns.setdefault(letters, _column_number(letters)) if known is None else known
            furthest = max(furthest, column)
            kind = attributes.get("t")
            style = styles.get(attributes.get("s"), _UNDEFINED)
            has_value = is_formula = False
            content.clear()
            texts.clear()
        elif element == value_tag:
            collecting = has_value = True
            into = content
        elif element == formula_tag:
            is_formula = True
        elif element == text_tag:
            collecting = not phonetic
            has_value = has_value or collecting
            into = texts
        elif element == row_tag:
            number = attributes.get("r")
            row = row + 1 if number is None else int(number) - 1
            if row < 0:
                raise ValueError("row number")
            row_text = str(row + 1)
            column = -1
            if attributes.get("hidden") in _TRUE or attributes.get("ht") in ("0", "0.0"):
                cells.hidden_rows.append(row)
        elif element == phonetic_tag:
            phonetic = True
        else:
            other(element, attributes)

    def other(element: str, attributes: Attributes) -> None:
        nonlocal row_tag, cell_tag, value_tag, formula_tag, text_tag, phonetic_tag
        namespace, _, tag = element.rpartition(" ")
        if tag == "worksheet" and not row_tag:
            own = (f"{namespace} {word}".strip() for word in ("row", "c", "v", "f", "t", "rPh"))
            row_tag, cell_tag, value_tag, formula_tag, text_tag, phonetic_tag = own
        elif tag == "col" and (attributes.get("hidden") in _TRUE or attributes.get("width") in ("0", "0.0")):
            cells.hidden_columns.append((int(attributes["min"]) - 1, int(attributes["max"]) - 1))
        elif tag == "mergeCell":
            cells.merges.append(_range(attributes.get("ref", "")))
            if len(cells.merges) % 1000 == 0:
                check_merges(cells.merges, name)

    def end(element: str) -> None:
        nonlocal collecting, phonetic
        if element in (value_tag, text_tag):
            collecting = False
        elif element == cell_tag:
            # A cell with a text of its own shows no value that is written beside it.
            written = texts or content if kind == "inlineStr" else content or texts
            value = _value(kind, "".join(written) if has_value else None, is_formula, style, source)
            if value is not None:
                if column in row_cells:
                    raise ValueError("cell written twice")
                row_cells[column] = value
        elif element == row_tag:
            if row_cells:
                cells.add_row(row, row_cells, limits, name)
                row_cells.clear()
                if enough is not None and len(cells.rows) >= enough:
                    raise EnoughRead
            cells.end = (max(cells.end[0], row), max(cells.end[1], furthest))
        elif element == phonetic_tag:
            phonetic = False

    def text(data: str) -> None:
        if collecting:
            into.append(data)

    return start, end, text
