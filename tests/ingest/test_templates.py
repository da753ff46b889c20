"""Templates: one per export, the same bytes each time, and what is typed into one is accepted."""

from __future__ import annotations

import io
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ingest.contract import Column, Contract, load_contract, load_contracts
from ingest.reading import RefusedFile
from ingest.receive import receive_inbox
from ingest.templates import DATA_SHEET, data_columns, has_data_sheet, template_bytes, write_templates
from pamga.settings import Settings

from .files import read_as

TYPED = [export for export, contract in load_contracts().items() if has_data_sheet(contract)]


def _book(contract: Contract) -> Any:
    return openpyxl.load_workbook(io.BytesIO(template_bytes(contract, 15)))


def _typed(column: Column) -> Any:
    """What a person types into a cell of that column."""
    if column.tipo == "fecha":
        return datetime.strptime(str(column.ejemplo), "%d/%m/%Y").date()  # noqa: DTZ007
    if column.tipo in ("entero", "decimal"):
        return float(str(column.ejemplo).replace(",", ""))
    return column.ejemplo


def test_one_per_export_and_the_same_bytes(tmp_path: Path) -> None:
    first = {path.name: path.read_bytes() for path in write_templates(tmp_path / "a")}
    second = {path.name: path.read_bytes() for path in write_templates(tmp_path / "b")}
    assert len(first) == len(load_contracts()) and first == second


@pytest.mark.parametrize("export", TYPED)
def test_a_filled_template_is_accepted(tmp_path: Path, export: str) -> None:
    contract = load_contract(export)
    office = contract.dependencias[0]
    book = _book(contract)
    sheet = book[DATA_SHEET]
    scope = {item.encabezado: item.igual for item in contract.solo}
    for index, (header, column) in enumerate(data_columns(contract), start=1):
        allowed = column.allowed(office) if column is not None else ()
        if column is None:
            sheet.cell(2, index).value = scope[header]
        elif column.nombre != "baja" and (column.ejemplo or column.obligatoria):
            in_list = not allowed or str(column.ejemplo) in allowed or column.tipo == "lista"
            sheet.cell(2, index).value = _typed(column) if in_list else allowed[0]
    settings = Settings(data=tmp_path, settle_seconds=0, hoy=date(2027, 6, 30))
    path = settings.layout.inbox / office / f"{export}_2026T3.xlsx"
    path.parent.mkdir(parents=True)
    book.save(path)
    (receipt,) = receive_inbox(settings)
    assert (receipt.state, receipt.rows_read, receipt.accepted) == ("accepted", 1, 1), receipt


@pytest.mark.parametrize("export", TYPED)
def test_the_example_is_never_read_as_data(tmp_path: Path, export: str) -> None:
    path = tmp_path / f"{export}_2026T3.xlsx"
    path.write_bytes(template_bytes(load_contract(export), 15))
    reading = read_as(export, path)
    assert reading.hoja == DATA_SHEET and reading.rows.height == 0


def test_what_is_no_sheet_has_instructions_only(tmp_path: Path) -> None:
    assert {"colonias", "codigos_postales", "tianguis", "municipio", "localidades"} == set(load_contracts()) - set(
        TYPED
    )
    path = tmp_path / "colonias_2026T3.xlsx"
    path.write_bytes(template_bytes(load_contract("colonias"), 15))
    with pytest.raises(RefusedFile, match="GeoJSON"):
        read_as("colonias", path)


def test_lists_validation_and_locked_headers() -> None:
    book = _book(load_contract("acuerdos"))
    sheet = book[DATA_SHEET]
    assert sheet.protection.sheet and sheet["A1"].protection.locked
    assert not sheet.column_dimensions["A"].protection.locked
    by_column = {str(rule.sqref).split("2:")[0]: rule for rule in sheet.data_validations.dataValidation}
    headers = {cell.value: cell.column_letter for cell in sheet[1]}
    assert by_column[headers["tipo"]].formula1 == '"inmediato,gestion"'
    assert by_column[headers["fecha_acuerdo"]].type == "date"
    assert by_column[headers["latitud"]].type == "decimal" and by_column[headers["latitud"]].formula1 == "20.7"
    assert by_column[headers["baja"]].formula1 == '"Sí,No"'
    words = " ".join(str(cell.value) for row in book["Instrucciones"].iter_rows() for cell in row if cell.value)
    for column in load_contract("acuerdos").columnas:
        assert column.descripcion in words
    assert "se descarta al recibirla" in words and "acuerdos_2026T3.xlsx" in words
