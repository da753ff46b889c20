"""The XLSX template of each export, made from its contract: nothing in it is written by hand.

Sheet `Datos` has the header (locked) and empty rows with drop-down lists and validation; sheet `Instrucciones` says in plain
Spanish what each column is, with an example. The example stands there only, one column a line: a reader looks for a row
that names all obligatory columns, so it can never be taken for data, even when `Datos` is left empty. Exports that come as
GeoJSON or without a header have no `Datos`: their file is the source's, and the workbook says how it must come.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from ingest.checks.words import cut
from ingest.contract import FIRST_DATE, LAST_DATE, Column, Contract, load_contracts
from ingest.readers.header import WITHDRAWN, expected_columns
from ingest.reading import MONTH_HEADERS
from pamga.storage import write_atomically

DATA_SHEET = "Datos"
INSTRUCTIONS_SHEET = "Instrucciones"
LISTS_SHEET = "Listas"
VALIDATED_ROWS = 5000
_CREATED = dt.datetime(2025, 1, 1)  # noqa: DTZ001 - a constant, so that equal contracts give equal bytes
_INLINE_LIST = 255  # characters that Excel takes in a drop-down written in place
_HUGE = 10**15

_TYPE_WORDS = {
    "texto": "Texto",
    "entero": "Número entero",
    "decimal": "Número, con o sin decimales",
    "fecha": "Fecha: día/mes/año",
    "booleano": "Sí o No",
    "categoria": "Un valor de la lista",
    "lista": "Uno o varios valores separados por punto y coma (;)",
    "url": "Dirección de internet completa, que empieza con https:// o http://",
    "correo": "Correo electrónico",
    "geometria": "Geometría del mapa",
}
_WITHDRAWN_COLUMN = Column(
    nombre=WITHDRAWN,
    tipo="booleano",
    titulo="Baja",
    descripcion="Escriba Sí sólo para retirar un renglón entregado antes; en los demás déjela vacía.",
    ejemplo=None,
)


def write_templates(folder: Path) -> list[Path]:
    """Write one template per export into `folder`, named `<export>.xlsx`. Same contracts, same bytes."""
    written = []
    for export, contract in load_contracts().items():
        path = folder / f"{export}.xlsx"
        write_atomically(path, template_bytes(contract))
        written.append(path)
    return written


def template_bytes(contract: Contract, due_days: int | None = None) -> bytes:
    """The template of one export. `due_days`: days after the quarter's end on which it is due, by default those of the calendar."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": f"Plantilla: {contract.titulo}", "author": "pamga-leon", "created": _CREATED})
    if has_data_sheet(contract):
        _Data(book, contract).write()
    _write_instructions(book, contract, due_days or contract.dias_plazo)
    book.close()
    return buffer.getvalue()


def has_data_sheet(contract: Contract) -> bool:
    """The export can be typed into a sheet: it has a header and no geometry."""
    return contract.formato.disposicion in ("tabla", "meses") and contract.geometry_column is None


def data_columns(contract: Contract) -> list[tuple[str, Column | None]]:
    """(header, its column) of the sheet `Datos`; None for a column that only says which rows are the municipality's."""
    known = {column.nombre: column for column in contract.columnas} | {WITHDRAWN: _WITHDRAWN_COLUMN}
    if contract.formato.disposicion == "meses":
        cases = contract.column("casos")
        known |= dict.fromkeys((f"mes_{month}" for month in range(1, 13)), cases)
    columns: list[tuple[str, Column | None]] = [
        (expected.header, known[expected.name]) for expected in expected_columns(contract) if expected.asked
    ]
    headers = {header for header, _ in columns}
    columns += [
        (scope.encabezado, None) for scope in contract.solo if scope.encabezado and scope.encabezado not in headers
    ]
    return columns


# ---- the sheet to fill in ----------------------------------------------------------------------------------------------


class _Data:
    """The sheet `Datos` of one template, and the lists that its drop-downs need."""

    def __init__(self, book: xlsxwriter.Workbook, contract: Contract) -> None:
        self.book, self.contract = book, contract
        self.sheet: Worksheet = book.add_worksheet(DATA_SHEET)
        self.lists: Worksheet | None = None
        self.list_columns = 0
        edges = {"bottom": 2, "bold": True, "text_wrap": True, "valign": "vcenter", "locked": True}
        self.required = book.add_format({**edges, "bg_color": "#1F4E79", "font_color": "#FFFFFF"})
        self.optional = book.add_format({**edges, "bg_color": "#DCE6F1", "font_color": "#1C2733"})
        self.formats: dict[str, Format] = {
            kind: book.add_format({"num_format": pattern, "locked": False})
            for kind, pattern in {"texto": "@", "fecha": "dd/mm/yyyy", "entero": "0", "decimal": "0.######"}.items()
        }

    def write(self) -> None:
        columns = data_columns(self.contract)
        for index, (header, column) in enumerate(columns):
            kind = column.tipo if column is not None else "texto"
            cells = self.formats.get(kind, self.formats["texto"])
            self.sheet.set_column(index, index, max(14, min(34, len(header) + 4)), cells)
            must = column is None or column.obligatoria
            self.sheet.write_string(0, index, header, self.required if must else self.optional)
            if column is not None:
                self._validate(index, column)
        self.sheet.set_row(0, 32)
        self.sheet.freeze_panes(1, 0)
        # what a person may do in the protected sheet
        allowed = ("format_cells", "format_columns", "format_rows", "insert_rows", "delete_rows", "sort", "autofilter")
        self.sheet.protect("", dict.fromkeys((*allowed, "insert_hyperlinks"), True))

    def _validate(self, index: int, column: Column) -> None:
        expected = _expected(column)
        rule = self._rule(column) | {
            "ignore_blank": True, "input_title": cut(column.titulo, 32), "input_message": cut(f"{expected}. {column.descripcion}", 255),
            "error_title": "Revise el dato", "error_message": cut(f"{expected}.", 255), "error_type": "stop",
        }  # fmt: skip
        self.sheet.data_validation(1, index, VALIDATED_ROWS, index, rule)

    def _rule(self, column: Column) -> dict[str, object]:
        if column.tipo == "booleano":
            return {"validate": "list", "source": ["Sí", "No"]}
        if column.tipo == "categoria":
            return {"validate": "list", "source": self._list_source(column.valores)}
        if column.tipo == "fecha":
            return {"validate": "date", "criteria": "between", "minimum": FIRST_DATE, "maximum": LAST_DATE}
        if column.tipo in ("entero", "decimal"):
            return {
                "validate": "integer" if column.tipo == "entero" else "decimal",
                "criteria": "between",
                "minimum": float(column.minimo) if column.minimo is not None else -_HUGE,
                "maximum": float(column.maximo) if column.maximo is not None else _HUGE,
            }
        return {"validate": "any"}

    def _list_source(self, values: tuple[str, ...]) -> list[str] | str:
        if len(",".join(values)) <= _INLINE_LIST:
            return list(values)
        if self.lists is None:
            self.lists = self.book.add_worksheet(LISTS_SHEET)
        column = self.list_columns
        self.list_columns += 1
        self.lists.write_column(0, column, values)
        letter = xlsxwriter.utility.xl_col_to_name(column, True)
        return f"={LISTS_SHEET}!{letter}$1:{letter}${len(values)}"


def _expected(column: Column) -> str:
    return ", ".join(filter(None, (_TYPE_WORDS[column.tipo], column.limits)))


# ---- the instructions --------------------------------------------------------------------------------------------------


def _write_instructions(book: xlsxwriter.Workbook, contract: Contract, due_days: int) -> None:
    sheet = book.add_worksheet(INSTRUCTIONS_SHEET)
    title = book.add_format({"bold": True, "font_size": 15})
    heading = book.add_format({"bold": True, "bg_color": "#DCE6F1", "bottom": 1, "text_wrap": True, "valign": "top"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    name = book.add_format({"text_wrap": True, "valign": "top", "bold": True})
    for index, width in enumerate((30, 12, 34, 60, 34, 60)):
        sheet.set_column(index, index, width)
    sheet.write_string(0, 0, contract.titulo, title)
    row = 1
    for sentence in (contract.descripcion, *_steps(contract, due_days)):
        sheet.merge_range(row, 0, row, 5, "", wrapped)
        sheet.write_string(row, 0, sentence, wrapped)
        sheet.set_row(row, 15 * (1 + len(sentence) // 190))
        row += 1
    row += 1
    for index, header in enumerate(
        ("Columna", "¿Obligatoria?", "Qué se escribe", "Qué es", "Ejemplo (no es un dato)", "Valores")
    ):
        sheet.write_string(row, index, header, heading)
    for header, column in _described(contract):
        row += 1
        sheet.write_string(row, 0, header, name)
        for index, text in enumerate(_description_cells(column), start=1):
            sheet.write_string(row, index, text, wrapped)
    sheet.protect()


def _described(contract: Contract) -> Iterator[tuple[str, Column]]:
    """The lines of the table: the columns of the file, the twelve months as one."""
    for column in contract.columnas:
        if column.retirada:
            continue
        if contract.formato.disposicion == "meses" and column.nombre == "casos":
            yield f"{MONTH_HEADERS[0]} … {MONTH_HEADERS[-1]}", column
        elif contract.formato.disposicion != "meses" or column.nombre != "mes":
            header = column.header if column.posicion is None else f"Columna {column.posicion}: {column.titulo}"
            yield header, column
    if contract.entrega == "parcial":
        yield WITHDRAWN, _WITHDRAWN_COLUMN


def _description_cells(column: Column) -> tuple[str, ...]:
    meaning = column.descripcion
    if column.nota:
        meaning += f" {column.nota}"
    if column.personal:
        meaning += " Es un dato personal: sirve para revisar la entrega y se descarta al recibirla; nunca se publica."
    if column.seudonimo:
        meaning += " Se guarda sólo como una clave cifrada, que no permite saber quién es la persona."
    if column.unidad:
        meaning += f" Unidad: {column.unidad}."
    values = "Sí; No" if column.tipo == "booleano" else "; ".join(column.valores)
    return ("Sí" if column.obligatoria else "No", _expected(column), meaning, column.ejemplo or "", values)


def _steps(contract: Contract, due_days: int) -> Iterator[str]:
    offices = ", ".join(contract.dependencias)
    extension = "geojson" if contract.formato.disposicion == "geojson" else "xlsx"
    if contract.formato.disposicion == "posiciones":
        extension = "txt"
    if has_data_sheet(contract):
        yield f"1. Llene la hoja «{DATA_SHEET}», un renglón por registro. No cambie los encabezados; los de fondo oscuro son obligatorios."
        yield "2. Deje vacía la celda cuando no tenga el dato. No escriba totales, notas ni celdas combinadas entre los datos."
    else:
        yield f"1. Esta entrega no se captura en Excel: entregue el archivo tal como lo publica {contract.fuente or 'la fuente'}."
        yield f"2. {contract.formato.nota or 'Debe ser un GeoJSON con su sistema de coordenadas y los campos de la tabla de abajo.'}"
    yield (
        f"3. Guarde el archivo como {contract.export}_2026T3.{extension} (con el año y el trimestre que entrega: T1, T2, T3 o T4) "
        f"y déjelo en la carpeta de su dependencia ({offices}), a más tardar {due_days} días después de que termine el trimestre."
    )
    if contract.entrega == "parcial":
        yield (
            "4. Entregue los renglones nuevos del trimestre y los anteriores que cambiaron. Si entrega otra vez el mismo trimestre, "
            "el archivo nuevo sustituye al anterior completo. Para retirar un renglón escriba Sí en «baja»."
        )
    else:
        yield "4. Entregue la lista completa: el archivo nuevo sustituye por completo al anterior."
    yield (
        "5. Recibirá un acuse que dice cuántas filas se aceptaron y, celda por celda, qué hay que corregir. "
        "La clave de cada renglón es: " + ", ".join(contract.key_columns) + "; no se repite."
    )
