"""Files as other programs write them, and what the readers make of them."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import openpyxl
import xlwt
from odf.element import Element
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from ingest.contract import load_contract
from ingest.readers import read
from ingest.reading import Limits, Reading

Target = TypeVar("Target", Path, io.BytesIO)
LIMITS = Limits(50_000_000, 200_000_000, 100_000, 500)


CASES = Path(__file__).resolve().parents[3] / "shared" / "cases"
"""Beside the root of the project, also where CI runs."""


def case(begins: str) -> Path:
    """The small delivery that went wrong (../shared/cases/INDEX.md) whose name begins so."""
    (path,) = [path for path in CASES.glob("*/*") if path.name.startswith(begins)]
    return path


def read_as(export: str, path: Path) -> Reading:
    """What a file says as a delivery of that export."""
    return read(path, load_contract(export), LIMITS)


def workbook(path: Path, sheets: dict[str, list[list[Any]]], hidden: tuple[str, ...] = ()) -> Path:
    """A workbook with these rows on these sheets, some of them hidden."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if name in hidden:
            sheet.sheet_state = "hidden"
    book.save(path)
    return path


def sheet_of(*rows: Sequence[Any]) -> bytes:
    """A workbook of one sheet with these rows; a cell may be a value and its number format."""
    book = openpyxl.Workbook()
    for number, cells in enumerate(rows, start=1):
        for column, cell in enumerate(cells, start=1):
            value, code = cell if isinstance(cell, tuple) else (cell, None)
            written = book.active.cell(number, column, value)
            written.number_format = code or written.number_format
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def xls_of(*rows: Sequence[Any]) -> bytes:
    """An XLS of one sheet with these rows; a cell may be a value and its number format."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Datos")
    for number, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            usual = "dd/mm/yyyy" if isinstance(cell, dt.date) else "General"
            value, code = cell if isinstance(cell, tuple) else (cell, usual)
            if value is not None:
                sheet.write(number, column, value, xlwt.easyxf(num_format_str=code))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def ods_of(*rows: Sequence[Any], name: str = "Datos") -> bytes:
    """An ODS of one sheet with these rows; a row or a cell may be an element that is ready."""
    document, sheet = OpenDocumentSpreadsheet(), Table(name=name)
    for cells in rows:
        sheet.addElement(cells if isinstance(cells, Element) else ods_row(cells))
    document.spreadsheet.addElement(sheet)
    content = io.BytesIO()
    document.write(content)
    return content.getvalue()


def ods_row(cells: Sequence[Any], **attributes: Any) -> Any:
    row = TableRow(**attributes)
    for cell in cells:
        row.addElement(cell if isinstance(cell, Element) else ods_cell(cell))
    return row


def ods_cell(value: Any, shown: str | None = None, **attributes: Any) -> Any:
    """A cell of the kind of its value; `shown`: what a person sees of it."""
    if value is None and shown is None:
        return TableCell(**attributes)
    kind: dict[str, Any] = {"valuetype": "string"}
    if isinstance(value, bool):
        kind = {"valuetype": "boolean", "booleanvalue": str(value).lower()}
    elif isinstance(value, dt.date):
        kind = {"valuetype": "date", "datevalue": value.isoformat()}
    elif isinstance(value, int | float):
        kind = {"valuetype": "float", "value": value}
    cell = TableCell(**(kind | attributes))
    cell.addElement(P(text=str(value) if shown is None else shown))
    return cell


def parts_of(source: Path | bytes) -> dict[str, bytes]:
    """The parts of a workbook."""
    with zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(path: Target, parts: Mapping[str, str | bytes]) -> Target:
    """A workbook of these parts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path
