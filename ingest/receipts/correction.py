"""`correccion.xlsx`: what goes back to the office to be mended.

A spreadsheet comes back as itself, its bad cells marked and commented; a CSV or GeoJSON gets the bad rows, each with the row
that it has in the file; an export with personal data only the list of rows and columns. What goes back holds no personal
value, no formula, no macro and nothing that the contract does not ask for: unknown columns are emptied, other sheets and the
file's own properties left out. All of it can be dropped again: `ingest.corrections` says how it becomes the whole delivery.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.packaging.core import DocumentProperties
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import column_index_from_string, range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

from ingest.contract import Contract
from ingest.corrections import MAX_HANDED_OUT, kind_of_correction, writable
from ingest.privacy.masks import HIDDEN, MASKED, mask, mask_code
from ingest.readers.header import ORIGIN_HEADER, expected_columns, fold
from ingest.reading import LIST_HEADERS, LIST_SHEET, MONTH_COLUMNS, MONTH_HEADERS, ROWS_SHEET, Outcome, Reading
from ingest.receipts.bad_cells import BadCellLine, bad_cell_lines

MAX_MERGED_CELLS = 100_000
MAX_COPIED_BYTES = 40_000_000
"""Of the sheets of a workbook, unpacked: openpyxl reads all of them."""
_MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\s[^>]*ref\s*=\s*["']\$?([A-Z]+\d+:[A-Z]+\d+)["']""")
_ERROR = "#N/A"
_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d+)?(?:[eE][+-]?\d+)?")
_AUTHOR = "pamga-leon"
_MARK, _EDGE = "FFE08A", "9C5700"
_EPOCH = dt.datetime(2025, 1, 1)  # noqa: DTZ001 - a constant, so that equal receipts have equal bytes
_ZIP_DAY = (1980, 1, 1, 0, 0, 0)
_MASKED = re.compile(MASKED)
_MONTHS = dict(zip(MONTH_HEADERS, MONTH_COLUMNS, strict=True))
_COMMENT_LIMIT = 1000
_NOT_IN_A_TITLE = re.compile(r"[\[\]*?:/\\]")
_TITLE_LIMIT = 31


def correction_workbook(outcome: Outcome, source: Path) -> tuple[bytes, str]:
    """(the workbook, what to tell about it). The outcome has rejects, a contract and a reading."""
    reading, contract = outcome.reading, outcome.contract
    if reading is None or contract is None:
        raise ValueError("only a file that was read has something to mend")
    lines = bad_cell_lines(outcome, not contract.has_personal, MAX_HANDED_OUT)
    if contract.has_personal:
        return (
            _list_only(lines),
            "Es la lista de celdas por corregir; como la entrega lleva datos personales, no se devuelve copia del archivo.",
        )
    if kind_of_correction(contract, reading) == "copia":
        copy = _marked_copy(contract, reading, lines, source)
        if copy is not None:
            return (
                copy,
                "Es su propia hoja, con las celdas por corregir en amarillo y un comentario en cada una; "
                "las fórmulas van como valores. Corríjala y entréguela de nuevo con el nombre de su archivo.",
            )
    return (
        _bad_rows(contract, reading, lines),
        "Trae solo las filas con errores, con las celdas por corregir en amarillo y un comentario en cada una. Corríjalas ahí "
        "mismo y déjela en su carpeta con el nombre de su archivo: las demás filas se toman del archivo que ya entregó. "
        "No cambie la columna «fila en su archivo». Para quitar una fila repetida, borre su renglón.",
    )


# ---- the list, and the bad rows ----------------------------------------------------------------------------------------


def _workbook(buffer: io.BytesIO) -> xlsxwriter.Workbook:
    """Text stays text: nothing becomes a formula, a link or a number."""
    book = xlsxwriter.Workbook(
        buffer,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    book.set_properties({"author": _AUTHOR, "created": _EPOCH})
    return book


_LIST_WIDTHS = (8, 10, 26, 26, 52, 40, 52)


def _list_cells(line: BadCellLine) -> tuple[int | str, ...]:
    return (line.fila, line.celda, line.columna, line.valor or "", line.motivo, line.esperado, line.correccion)


def _list_only(lines: Sequence[BadCellLine]) -> bytes:
    buffer = io.BytesIO()
    book = _workbook(buffer)
    _write_list(book, lines, with_values=False)
    book.close()
    return buffer.getvalue()


def _write_list(book: xlsxwriter.Workbook, lines: Sequence[BadCellLine], with_values: bool) -> None:
    sheet = book.add_worksheet(LIST_SHEET)
    header = book.add_format({"bold": True, "bg_color": "#E7ECF1", "bottom": 1, "text_wrap": True, "valign": "top"})
    body = book.add_format({"text_wrap": True, "valign": "top"})
    kept = [index for index in range(len(LIST_HEADERS)) if with_values or LIST_HEADERS[index] != "Valor"]
    for column, index in enumerate(kept):
        sheet.set_column(column, column, _LIST_WIDTHS[index])
        sheet.write_string(0, column, LIST_HEADERS[index], header)
    for row, line in enumerate(lines, start=1):
        cells = _list_cells(line)
        for column, index in enumerate(kept):
            value = cells[index]
            if isinstance(value, int):
                sheet.write_number(row, column, value, body)
            else:
                sheet.write_string(row, column, writable(value), body)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(lines)), len(kept) - 1)


def _bad_rows(contract: Contract, reading: Reading, lines: Sequence[BadCellLine]) -> bytes:
    """The rows that hold a bad cell, as they came, plus the list."""
    headers = {column.name: column.header for column in expected_columns(contract)}
    names = reading.rows.columns
    free_text = {column.nombre for column in contract.columnas if column.texto_libre}
    shown, public = _shown_as_they_are(contract), _public(contract)
    bad = _by_row(lines)
    positions = [index for index, row in enumerate(reading.fila.tolist()) if row in bad]
    rows = reading.rows[positions].to_dicts()
    buffer = io.BytesIO()
    book = _workbook(buffer)
    sheet = book.add_worksheet(ROWS_SHEET)
    header = book.add_format({"bold": True, "bg_color": "#E7ECF1", "bottom": 1})
    marked = book.add_format({"bg_color": f"#{_MARK}", "border": 1, "border_color": f"#{_EDGE}", "num_format": "@"})
    plain = book.add_format({"num_format": "@"})
    sheet.write_string(0, 0, ORIGIN_HEADER, header)
    for column, name in enumerate(names, start=1):
        sheet.write_string(0, column, headers.get(name, name), header)
    sheet.set_column(0, len(names), 20)
    for row, (position, cells) in enumerate(zip(positions, rows, strict=True), start=1):
        number = int(reading.fila[position])
        sheet.write_number(row, 0, number)
        comments, hidden = _comments(bad[number], names), _unsaid(bad[number], shown)
        for column, name in enumerate(names, start=1):
            text = cells[name] or ""
            comment = comments.get(name)
            if text and name in hidden:
                text = HIDDEN
            elif name in free_text or (comment is not None and name not in shown):
                text = _without_personal(text)
            elif name not in public:
                text = mask_code(text)
            sheet.write_string(row, column, writable(text), plain if comment is None else marked)
            if comment is not None:
                sheet.write_comment(row, column, comment, {"author": _AUTHOR, "x_scale": 2.2, "y_scale": 1.6})
    sheet.freeze_panes(1, 1)
    _write_list(book, lines, with_values=True)
    book.close()
    return buffer.getvalue()


def _by_row(lines: Iterable[BadCellLine]) -> dict[int, list[BadCellLine]]:
    rows: dict[int, list[BadCellLine]] = {}
    for line in lines:
        rows.setdefault(line.fila, []).append(line)
    return rows


def _comments(lines: Sequence[BadCellLine], names: Sequence[str]) -> dict[str, str]:
    """Column of the reading -> comment. What no column of the file bears goes to the first one, with its name."""
    comments: dict[str, str] = {}
    for line in lines:
        for column in line.columna.split(", "):
            name = _MONTHS.get(column, column)
            words = f"{line.motivo} {line.correccion}".strip()
            if name not in names:
                name, words = names[0], f"{column}: {words}"
            earlier = comments.get(name)
            comments[name] = writable(f"{earlier}\n{words}" if earlier else words)[:_COMMENT_LIMIT]
    return comments


def _unsaid(lines: Iterable[BadCellLine], shown: Collection[str]) -> set[str]:
    """Columns of a row whose cells are not repeated: what stands there seems to be somebody's. `shown`: columns that are masked as codes are;
    where the list hides more of a cell than that, the sheet hides it whole."""
    return {
        _MONTHS.get(line.columna, line.columna)
        for line in lines
        if line.valor is None or (line.columna in shown and _MASKED.search(line.valor))
    }


def _shown_as_they_are(contract: Contract) -> set[str]:
    """Columns whose bad cells are masked as codes are: a key or an amount of ten digits is no telephone."""
    codes = (column for column in contract.columnas if column.tipo in ("entero", "decimal", "url"))
    return {*contract.key_columns, *_public(contract), *(column.nombre for column in codes)}


def _public(contract: Contract) -> set[str]:
    """The public contact of an office, which goes back as it came."""
    return {column.nombre for column in contract.columnas if column.contacto_publico}


def _without_personal(text: str) -> str:
    return mask(text)


# ---- the marked copy ---------------------------------------------------------------------------------------------------


def _marked_copy(contract: Contract, reading: Reading, lines: Sequence[BadCellLine], source: Path) -> bytes | None:
    """The sheet that was read, as values, cleaned, with the bad cells marked; and the list. None when it cannot be made."""
    name = str(reading.hoja)
    # openpyxl fails, in any way, on details that Excel and calamine pass over (a style, a rule, a date of the properties):
    # such a sheet comes back without its looks.
    ways: list[Callable[[], openpyxl.Workbook]] = [partial(_values_of_reading, source, reading)]
    if reading.understood["formato"] == "xlsx" and _is_light(source):
        ways.insert(0, partial(_values_of_xlsx, source, name))
    for values in ways:
        with contextlib.suppress(Exception):
            book = values()
            _mark(book.worksheets[0], contract, reading, lines)
            _append_list(book, lines)
            return _saved(book)
    return None


def _mark(sheet: Worksheet, contract: Contract, reading: Reading, lines: Sequence[BadCellLine]) -> None:
    """Clean the sheet; colour, comment and show the bad cells."""
    letters: dict[str, str] = reading.understood["columnas"]
    _clean(sheet, contract, letters, int(reading.understood["fila_encabezado"]))
    for column in sheet.column_dimensions.values():
        column.hidden = False
    names = reading.rows.columns
    fill = PatternFill("solid", start_color=_MARK)
    shown = _shown_as_they_are(contract)
    for bad in reading.bad_cells:  # what could not be read must not come back as an empty cell
        if bad.columna in letters and bad.fila not in reading.broken:
            cell = sheet[f"{letters[bad.columna]}{bad.fila}"]
            if not isinstance(cell, MergedCell) and cell.value is None:
                cell.value = _ERROR
    for row, row_lines in _by_row(lines).items():
        sheet.row_dimensions[row].hidden = False
        hidden = _unsaid(row_lines, shown)
        for column, words in _comments(row_lines, names).items():
            cell = sheet[f"{letters[column]}{row}"]
            if isinstance(cell, MergedCell):
                continue
            if isinstance(cell.value, str) and cell.data_type != "e" and column not in shown:
                _set_text(cell, _without_personal(cell.value))
            if column in hidden and isinstance(cell.value, str | int | float) and cell.data_type != "e":
                _set_text(cell, HIDDEN)
            cell.fill = fill
            cell.comment = Comment(words, _AUTHOR, width=360, height=140)


def _values_of_xlsx(source: Path, name: str) -> openpyxl.Workbook:
    """The workbook with its formulas' saved results and that one sheet only."""
    book = openpyxl.load_workbook(source, data_only=True, keep_links=False)
    for other in [sheet for sheet in book.worksheets if sheet.title != name]:
        book.remove(other)
    for chart in list(book.chartsheets):
        book.remove(chart)
    sheet = book[name]
    sheet.sheet_state = "visible"
    sheet._images, sheet._charts = [], []  # openpyxl has no public way to leave them out
    sheet.legacy_drawing = None
    sheet.tables.clear()
    rules = sheet.data_validations.dataValidation
    rules[:] = [rule for rule in rules if "!" not in f"{rule.formula1}{rule.formula2}"]  # they point at sheets left out
    sheet.oddHeader = sheet.oddFooter = sheet.evenHeader = sheet.evenFooter = None
    for defined in list(book.defined_names):
        del book.defined_names[defined]
    return book


def _is_light(source: Path) -> bool:
    """openpyxl can copy the workbook in reasonable time: it reads every sheet, and makes every cell of a merged range."""
    merged = 0
    with zipfile.ZipFile(source) as archive:
        sheets = [member for member in archive.infolist() if "worksheets/" in member.filename.lower()]
        if sum(member.file_size for member in sheets) > MAX_COPIED_BYTES:
            return False
        for member in sheets:
            content = archive.read(member)
            for reference in _MERGED.findall(content) if b"mergeCell" in content else ():
                left, top, right, bottom = range_boundaries(reference.decode())
                merged += (abs(right - left) + 1) * (abs(bottom - top) + 1)
    return merged <= MAX_MERGED_CELLS


def _values_of_reading(source: Path, reading: Reading) -> openpyxl.Workbook:
    """The same cells in the same places, without their looks, those of the contract's columns as they were read: how XLS and
    ODS come back."""
    from python_calamine import CalamineWorkbook

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = _NOT_IN_A_TITLE.sub(" ", str(reading.hoja))[:_TITLE_LIMIT]
    with CalamineWorkbook.from_path(str(source)) as original:
        rows = original.get_sheet_by_name(str(reading.hoja)).to_python(skip_empty_area=False)
    for row, values in enumerate(rows, start=1):
        for column, value in enumerate(values, start=1):
            if value != "":
                _set_value(sheet.cell(row, column), value)
    letters: dict[str, str] = reading.understood["columnas"]
    for name in reading.rows.columns:
        place = column_index_from_string(letters[name])
        native, dated = reading.native.get(name), reading.dated.get(name)
        for index, text in enumerate(reading.rows[name]):
            cell = sheet.cell(int(reading.fila[index]), place)
            if text is None:
                cell.value = None
            elif native is not None and native[index]:
                _set_value(cell, _native_value(text, dated is not None and bool(dated[index])))
            else:
                _set_text(cell, text)
                cell.number_format = "@"
    return book


def _native_value(text: str, is_date: bool) -> Any:
    """The number, date or boolean that a reader wrote as this text; the text itself where it is not just that (a key shown with
    its leading zeros)."""
    if text in ("true", "false"):
        return text == "true"
    if not is_date and _PLAIN_NUMBER.fullmatch(text):
        return float(text) if set(text) & set(".eE") else int(text)
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment.date() if moment.time() == dt.time() else moment


def _set_value(cell: Cell, value: Any) -> None:
    if isinstance(value, str):
        _set_text(cell, value)
        cell.number_format = "@"
        return
    cell.value = value
    cell.number_format = "dd/mm/yyyy" if isinstance(value, dt.date) else "General"


def _set_text(cell: Cell, text: str) -> None:
    """Text that stays text, even when it begins like a formula."""
    cell.value = writable(text)
    cell.data_type = "s"


def _clean(sheet: Worksheet, contract: Contract, letters: dict[str, str], header_row: int) -> None:
    """Empty unknown columns, mask hand-typed text, drop comments and links that came with the file."""
    free_text, public = {column.nombre for column in contract.columnas if column.texto_libre}, _public(contract)
    known = {letter: name for name, letter in letters.items()}
    scope = _scope_letters(sheet, contract, header_row)
    for cell in list(sheet._cells.values()):  # those that are there: one far away makes the sheet's rectangle endless
        if isinstance(cell, MergedCell) or cell.value is None:
            continue
        cell.comment = None
        cell.hyperlink = None
        name = known.get(cell.column_letter)
        if cell.row < header_row:
            if isinstance(cell.value, str):
                _set_text(cell, _without_personal(cell.value))
        elif cell.row > header_row and name is None and cell.column_letter not in scope:
            cell.value = None
        elif cell.row > header_row and (name in free_text or isinstance(cell.value, str)) and name not in public:
            text = str(cell.value)
            if (clean := _without_personal(text) if name in free_text else mask_code(text)) != text:
                _set_text(cell, clean)


def _scope_letters(sheet: Worksheet, contract: Contract, header_row: int) -> set[str]:
    """Columns that say which rows concern the municipality: without them the mended copy would be refused."""
    wanted = {fold(item.encabezado) for item in contract.solo if item.encabezado}
    return {
        cell.column_letter
        for cell in sheet[header_row]
        if not isinstance(cell, MergedCell) and isinstance(cell.value, str) and fold(cell.value) in wanted
    }


def _append_list(book: openpyxl.Workbook, lines: Sequence[BadCellLine]) -> None:
    title = LIST_SHEET if LIST_SHEET not in book.sheetnames else f"{LIST_SHEET} 2"
    sheet = book.create_sheet(title)
    for column, header in enumerate(LIST_HEADERS, start=1):
        cell = sheet.cell(1, column, header)
        cell.font = Font(bold=True)
        sheet.column_dimensions[cell.column_letter].width = _LIST_WIDTHS[column - 1]
    for row, line in enumerate(lines, start=2):
        for column, value in enumerate(_list_cells(line), start=1):
            cell = sheet.cell(row, column)
            if isinstance(value, int):
                cell.value = value
            elif value:
                _set_text(cell, value)
    sheet.freeze_panes = "A2"


def _saved(book: openpyxl.Workbook) -> bytes:
    """The workbook's bytes without the time of day that openpyxl writes into them."""
    book.properties = DocumentProperties(creator=_AUTHOR, created=_EPOCH, modified=_EPOCH)
    book.custom_doc_props.props.clear()
    raw = io.BytesIO()
    book.save(raw)
    fixed = io.BytesIO()
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            content = source.read(member)
            if member.filename == "docProps/core.xml":
                stamp = f"{_EPOCH.isoformat()}Z".encode()
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, content)
            target.writestr(zipfile.ZipInfo(member.filename, _ZIP_DAY), content, zipfile.ZIP_DEFLATED)
    return fixed.getvalue()
