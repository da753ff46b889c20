"""The dialects in which offices write the same table: what separates this module from the rest is only spelling."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal

from ingest.sample.history import Category, Cell, Row

TITLE = "Municipio de León, Guanajuato · Administración 2024-2027"
ERROR_CELLS = ("#DIV/0!", "#N/A", "#REF!", "#¡REF!")
_ACCENTED = {
    "descripcion": "descripción", "telefono": "teléfono", "titulo": "título", "institucion": "institución",
    "observacion": "observación", "delegacion": "delegación", "fecha_realizacion": "fecha realización",
    "fecha_actualizacion": "fecha actualización", "fecha_integracion": "fecha integración",
    "fecha_validacion": "fecha validación", "fecha_publicacion": "fecha publicación",
}  # fmt: skip

Dialect = Callable[[str, Sequence[str], Sequence[Row]], bytes]


def cp1252_semicolon(export: str, columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    """Spanish Excel's "CSV (delimitado por comas)": Windows code page, semicolons, decimal comma, dd/mm/yyyy, CRLF."""
    return _csv(columns, rows, ";", lambda cell: _text(cell, ",", "%d/%m/%Y")).encode("cp1252")


def utf8_bom(export: str, columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    """Excel's "CSV UTF-8": byte order mark, commas, decimal point, dd/mm/yyyy."""
    return _csv(columns, rows, ",", lambda cell: _text(cell, ".", "%d/%m/%Y")).encode("utf-8-sig")


def utf8_iso(export: str, columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    """What a system writes: UTF-8, commas, ISO dates, plain line feeds."""
    return _csv(columns, rows, ",", lambda cell: _text(cell, ".", "%Y-%m-%d"), end="\n").encode()


def totalled(dialect: Dialect, column: str) -> Dialect:
    """The same dialect with a row below that adds `column` up."""

    def write(export: str, columns: Sequence[str], rows: Sequence[Row]) -> bytes:
        numbers = [cell for row in rows if isinstance(cell := row.get(column), int | Decimal)]
        total: Row = {columns[0]: "Total", column: sum(numbers, start=Decimal(0))}
        return dialect(export, columns, [*rows, total])

    return write


def workbook(export: str, columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    """An XLSX made by a person: two title rows and a blank one above the header, headers in words, real dates and numbers."""
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"author": "Datos de ejemplo", "created": datetime(2025, 1, 1)})  # noqa: DTZ001 a fixed property of the file
    sheet = book.add_worksheet("Datos")
    bold = book.add_format({"bold": True})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet.write_string(0, 0, TITLE, bold)
    sheet.write_string(1, 0, f"Reporte de {export.replace('_', ' ')}")
    for place, column in enumerate(columns):
        sheet.write_string(3, place, _ACCENTED.get(column, column).replace("_", " ").capitalize(), bold)
        sheet.set_column(place, place, 18)
    for number, row in enumerate(rows, start=4):
        for place, column in enumerate(columns):
            cell = row.get(column)
            if cell is None:
                continue
            if isinstance(cell, bool):
                sheet.write_string(number, place, "Sí" if cell else "No")
            elif isinstance(cell, date):
                sheet.write_datetime(number, place, datetime(cell.year, cell.month, cell.day), day)  # noqa: DTZ001 a calendar day
            elif isinstance(cell, int | Decimal):
                sheet.write_number(number, place, float(cell))
            elif cell in ERROR_CELLS:
                sheet.write_formula(number, place, "=1/0", None, cell)
            else:
                sheet.write_string(number, place, _text(cell, ".", "%d/%m/%Y"))
    book.close()
    return buffer.getvalue()


def _csv(
    columns: Sequence[str], rows: Sequence[Row], separator: str, text: Callable[[Cell], str], end: str = "\r\n"
) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=separator, lineterminator=end)
    writer.writerow(columns)
    writer.writerows([text(row.get(column)) for column in columns] for row in rows)
    return buffer.getvalue()


def _text(cell: Cell, decimal: str, day: str) -> str:  # noqa: PLR0911 one line per type of cell
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "Sí" if cell else "No"
    if isinstance(cell, date):
        return cell.strftime(day)
    if isinstance(cell, tuple):
        return "; ".join(cell)
    if isinstance(cell, Decimal):
        return str(cell).replace(".", decimal)
    if isinstance(cell, Category):
        return cell if cell.isupper() or "-" in cell else cell.replace("_", " ").capitalize()
    return str(cell)
