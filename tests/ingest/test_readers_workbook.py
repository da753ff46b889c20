"""XLSX, XLS and ODS: what the person sees in the sheet is what is read, and what cannot be read is said."""

from __future__ import annotations

import datetime as dt
import math
import random
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
import xlwt

from ingest.readers.sheets import NO_RESULT
from ingest.readers.workbook import _numbers, _text
from ingest.reading import Reading, RefusedFile

from .conftest import Office
from .files import ods_cell, ods_of, ods_row, read_as, sheet_of, workbook, xls_of

HEADER = ["taller_id", "fecha_programada", "fecha_realizada", "sede", "tipo_sede", "latitud", "longitud"]
ROW = ["T-1", dt.date(2026, 7, 1), None, "UG", "escuela", 21.12, -101.68]


def _read(path: Path) -> Reading:
    return read_as("talleres", path)


def _read_bytes(folder: Path, content: bytes, kind: str, export: str = "proyectos_pp") -> Reading:
    path = folder / f"{export}_2026T3.{kind}"
    path.write_bytes(content)
    return read_as(export, path)


def _bad(reading: Reading) -> list[tuple[int, str, str | None]]:
    return [(cell.fila, cell.columna, cell.valor) for cell in reading.bad_cells]


def _book(folder: Path, sheets: dict[str, list[list[Any]]], hidden: tuple[str, ...] = ()) -> Path:
    return workbook(folder / "talleres_2026T3.xlsx", sheets, hidden)


def test_cells_as_the_person_sees_them(tmp_path: Path) -> None:
    path = tmp_path / "talleres_2026T3.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Datos")
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet.merge_range(0, 1, 0, 5, "Talleres de cocreación 2026")
    sheet.write_row(2, 1, HEADER)
    sheet.write_row(3, 1, ["T-1", "", "03/07/2026", "UG", "escuela", 21.12, "-101.68"])
    sheet.write_datetime(3, 2, dt.date(2026, 7, 1), day)
    sheet.write_row(5, 1, [37680, 46204, "", "Sala", "escuela", 21.1, -101.6])
    sheet.write_formula(6, 1, '="T-"&9', None, "T-9")
    sheet.write_row(6, 2, ["05/07/2026", "", "Sala", "escuela", 0.1 + 0.2, -101.6])
    book.close()
    reading = _read(path)
    assert reading.understood["fila_encabezado"] == 3 and reading.hoja == "Datos"
    assert reading.fila.tolist() == [4, 6, 7]
    assert reading.rows["taller_id"].to_list() == ["T-1", "37680", "T-9"]
    assert reading.rows["fecha_programada"].to_list() == ["2026-07-01", "2026-07-01", "05/07/2026"]
    assert reading.rows["fecha_realizada"].to_list() == ["03/07/2026", None, None]
    assert reading.rows["latitud"].to_list() == ["21.12", "21.1", "0.3"]
    assert reading.native["longitud"].to_list() == [False, True, True]
    assert reading.native["taller_id"].to_list() == [False, True, False]
    assert any("número de serie" in note for note in reading.notes)


def test_percentages_are_read_in_hundredths(tmp_path: Path) -> None:
    path = tmp_path / "proyectos_pp_2026T3.xlsx"
    header = ["proyecto_id", "nombre", "tipo_espacio", "financiado", "ejercicio_fiscal", "avance_fisico_pct"]
    project = ["P-1", "Cancha", "escuela", True, 2026, (0.855, "0.0%")]
    path.write_bytes(sheet_of(header, project, ["P-2", "Parque", "escuela", False, 2026, 40]))
    reading = read_as("proyectos_pp", path)
    assert reading.rows["avance_fisico_pct"].to_list() == ["85.5", "40"]
    assert reading.rows["financiado"].to_list() == ["true", "false"]


def test_a_percentage_elsewhere_is_what_the_person_sees(office: Office) -> None:
    """20 % of no attendance, and no key: as in CSV."""
    content = sheet_of(
        ["mesa_id", "titulo", "eje", "fecha_programada", "asistentes"],
        ["M1", "Mesa", "emprendimiento", "01/08/2026", (0.2, "0%")],
        [(0.5, "0%"), "Mesa", "emprendimiento", "01/08/2026"],
    )
    receipt = office.deliver("imju/mesas_trabajo_2026T3.xlsx", content)
    assert office.rules(receipt) == [(2, "asistentes", "tipo")]
    assert office.table(receipt)["mesa_id"].to_list() == ["50%"]


def test_error_cells_and_formulas_without_result_are_bad_cells(tmp_path: Path) -> None:
    path = _book(tmp_path, {"Datos": [HEADER, ROW, ["T-2", "#DIV/0!", None, "=A1&B1", "escuela", 21.1, -101.6]]})
    reading = _read(path)
    found = [(cell.fila, cell.columna, cell.regla, cell.valor) for cell in reading.bad_cells]
    assert found == [
        (3, "fecha_programada", "no_legible", "#DIV/0!"),
        (3, "sede", "no_legible", "fórmula sin resultado guardado"),
    ]
    assert reading.rows["fecha_programada"].to_list()[1] is None


def test_the_sheet_is_chosen_by_its_header_and_the_others_are_named(tmp_path: Path) -> None:
    path = _book(
        tmp_path,
        {"Portada": [["Presupuesto Participativo"]], "Hoja 3": [["Talleres"], HEADER, ROW], "Catálogo": [["sede"]]},
        hidden=("Catálogo",),
    )
    reading = _read(path)
    assert reading.hoja == "Hoja 3" and reading.fila.tolist() == [3]
    notes = " ".join(reading.notes)
    assert "hojas ocultas: «Catálogo»" in notes and "«Portada»" in notes


def test_a_visible_sheet_goes_before_a_hidden_one_without_rows(tmp_path: Path) -> None:
    path = _book(tmp_path, {"Vieja": [HEADER], "Nueva": [HEADER, ROW]}, hidden=("Vieja",))
    assert _read(path).hoja == "Nueva"


def test_a_hidden_sheet_with_rows_is_not_left_out_unsaid(tmp_path: Path) -> None:
    path = _book(tmp_path, {"Vieja": [HEADER, ROW, ROW], "Nueva": [HEADER, ROW]}, hidden=("Vieja",))
    with pytest.raises(RefusedFile, match="«Vieja» \\(está oculta\\) no se leyó y parece traer más filas"):
        _read(path)


def test_two_sheets_that_fit_are_not_guessed_at(tmp_path: Path) -> None:
    path = _book(tmp_path, {"Julio": [HEADER, ROW], "Agosto": [HEADER, ROW]})
    with pytest.raises(RefusedFile, match="Junte las filas"):
        _read(path)
    named = _book(tmp_path, {"Julio": [HEADER, ROW], "talleres": [HEADER, ROW, ROW]})
    with pytest.raises(RefusedFile, match="Junte las filas"):
        _read(named)


def test_merged_headers_and_hidden_rows(tmp_path: Path) -> None:
    path = tmp_path / "talleres_2026T3.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    for column, name in enumerate(HEADER[:5]):
        sheet.merge_range(0, column, 1, column, name)
    sheet.merge_range(0, 5, 0, 6, "Ubicación")
    sheet.write_row(1, 5, HEADER[5:])
    for row in (2, 3):
        sheet.write_row(row, 0, [f"T-{row}", "01/07/2026", "", "UG", "escuela", 21.1, -101.6])
    sheet.set_row(3, None, None, {"hidden": True})
    sheet.merge_range(4, 0, 5, 0, "T-9")
    book.close()
    reading = _read(path)
    assert reading.understood["fila_encabezado"] == 2 and reading.rows.columns == HEADER
    notes = " ".join(reading.notes)
    assert "filas ocultas, que se leyeron como las demás: 4" in notes and "combinadas" in notes
    assert reading.rows["taller_id"].to_list() == ["T-2", "T-3", "T-9"]


def test_a_missing_column_in_a_workbook_names_the_sheet(tmp_path: Path) -> None:
    path = _book(tmp_path, {"Portada": [["x"]], "Datos": [["taller_id", "fecha_programda", "sede"], ["T-1", "x", "y"]]})
    with pytest.raises(RefusedFile) as refused:
        _read(path)
    assert "en la hoja «Datos»" in refused.value.reasons[0]
    assert "«fecha_programda»: ¿quiso decir «fecha_programada»?" in " ".join(refused.value.reasons)


def test_an_empty_workbook_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="vacío"):
        _read(_book(tmp_path, {"Hoja1": []}))


def test_xls(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Datos", cell_overwrite_ok=True)
    sheet.write(0, 0, "Talleres")
    for column, name in enumerate(HEADER):
        sheet.write(2, column, name)
    for row in (3, 4, 5):
        for column, value in enumerate(["T", None, None, "UG", "escuela", 21.1, -101.6]):
            if value is not None:
                sheet.write(row, column, f"T-{row}" if value == "T" else value)
        sheet.write(row, 1, dt.date(2026, 7, row), xlwt.easyxf(num_format_str="dd/mm/yyyy"))
    sheet.row(4).set_cell_error(1, "#REF!")
    sheet.row(5).hidden = True
    for row in range(6, 120):
        sheet.write(row, 20, "x" * 30)  # the stream grows past the size kept apart for small ones
    path = tmp_path / "talleres_2026T3.xls"
    book.save(path)
    reading = _read(path)
    assert reading.understood["formato"] == "xls"
    assert reading.rows["fecha_programada"].to_list()[:3] == ["2026-07-03", None, "2026-07-05"]
    assert _bad(reading) == [(5, "fecha_programada", "#REF!")]
    assert any("filas ocultas" in note and "6" in note for note in reading.notes)


def test_an_xls_formula_that_nobody_computed_is_no_empty_cell(tmp_path: Path) -> None:
    """A library that only writes formulas stores an empty text as their result; a program that saves the file means it."""
    book = xlwt.Workbook()
    other, sheet = book.add_sheet("Notas"), book.add_sheet("talleres")
    other.write(1, 1, xlwt.Formula('""'))
    for column, name in enumerate(HEADER):
        sheet.write(0, column, name)
    for row, when in enumerate((dt.date(2026, 7, 1), xlwt.Formula("DATE(2026,7,2)")), start=1):
        for column, value in enumerate([f"T-{row}", when, None, "UG", "escuela", 21.1, -101.6]):
            if value is not None:
                sheet.write(row, column, value, xlwt.easyxf(num_format_str="dd/mm/yyyy" if column == 1 else "General"))
    path = tmp_path / "talleres_2026T3.xls"
    book.save(path)
    reading = _read(path)
    assert _bad(reading) == [(3, "fecha_programada", NO_RESULT)]

    path.write_bytes(path.read_bytes() + "\x05SummaryInformation".encode("utf-16-le"))
    saved_by_a_program = _read(path)
    assert not saved_by_a_program.bad_cells
    assert saved_by_a_program.rows["fecha_programada"].to_list() == ["2026-07-01", None]


def test_ods(tmp_path: Path) -> None:
    wrong = ["T-2", "#DIV/0!", "", "UG", "escuela", 21.1, -101.6]
    content = ods_of(["Talleres"], HEADER, ods_row(ROW, visibility="collapse"), wrong)
    reading = _read_bytes(tmp_path, content, "ods", "talleres")
    assert reading.understood["formato"] == "ods" and reading.fila.tolist() == [3, 4]
    assert reading.rows["fecha_programada"].to_list() == ["2026-07-01", None]
    assert _bad(reading) == [(4, "fecha_programada", "#DIV/0!")]
    assert any("filas ocultas" in note and "3" in note for note in reading.notes)


PROJECT = ["proyecto_id", "nombre", "tipo_espacio", "financiado", "ejercicio_fiscal", "avance_fisico_pct", "votos"]


def test_a_percentage_is_its_hundredths_in_xls_too(tmp_path: Path) -> None:
    rows = [
        [f"P-{row}", "Parque", "otro", "Sí", 2026, (0.855, style), 1]
        for row, style in enumerate(("0%", "0.00%", '0.0" %"', "General"), start=1)
    ]
    reading = _read_bytes(tmp_path, xls_of(PROJECT, *rows), "xls")
    # a literal % is no percentage
    assert reading.rows["avance_fisico_pct"].to_list() == ["85.5", "85.5", "0.855", "0.855"]
    assert reading.rows["ejercicio_fiscal"].to_list() == ["2026"] * 4


def test_what_an_ods_writes_once_for_several_cells_or_rows(tmp_path: Path) -> None:
    """Equal neighbours are written once: a percentage, an error and a hidden row are so for each of them."""
    share = ods_cell(0.85, "85%", valuetype="percentage")
    twice = ods_row(["P-1", "Parque", "otro", "Sí", 2026, share, 5], numberrowsrepeated=2, visibility="collapse")
    wrong = ods_row(["P-2", ods_cell("#REF!", numbercolumnsrepeated=2)], numberrowsrepeated=2)
    reading = _read_bytes(tmp_path, ods_of(PROJECT, twice, wrong), "ods")
    assert reading.rows["avance_fisico_pct"].to_list() == ["85", "85", None, None]
    assert _bad(reading) == [(row, column, "#REF!") for row in (4, 5) for column in ("nombre", "tipo_espacio")]
    assert reading.rows["nombre"].to_list() == ["Parque", "Parque", None, None]
    assert any("filas ocultas" in note and "2, 3" in note for note in reading.notes)


def test_the_content_decides_what_a_file_is(tmp_path: Path) -> None:
    path = tmp_path / "talleres_2026T3.xls"
    path.write_text("\t".join(HEADER) + "\nT-1\t01/07/2026\t\tUG\tescuela\t21.1\t-101.6\n")
    assert _read(path).understood["formato"] == "csv"
    renamed = _book(tmp_path, {"Datos": [HEADER, ROW]}).rename(tmp_path / "talleres_2026T3.csv")
    assert _read(renamed).understood["formato"] == "xlsx"


def test_a_column_of_numbers_reads_as_its_cells_do() -> None:
    """Written at once or cell by cell: the same text, whatever the size, the digits and the sign."""
    rng = random.Random(20251122)
    numbers = [0.0, -0.0, 0.1 + 0.2, 1e15, 1e-3, 999999999999999.0, 1e22, 123456789012345.6]
    numbers += [math.inf, -math.inf, math.nan]
    for digits in range(1, 18):
        for exponent in range(-8, 20):
            numbers += [float(f"{rng.uniform(-9, 9):.{digits}f}e{exponent}") for _ in range(20)]
    numbers += [float(rng.randrange(-(10**17), 10**17)) for _ in range(500)]
    assert _numbers(numbers).to_list() == [_text(number) for number in numbers]


def test_a_column_without_a_header_far_from_the_table_is_named(tmp_path: Path) -> None:
    path = _book(tmp_path, {"Datos": [HEADER, [*ROW, None, None, "revisar con Juan"]]})
    assert any("no tienen encabezado; no se guardaron: J." in note for note in _read(path).notes)


def test_an_ods_is_read_as_it_is_shown_and_never_by_default(tmp_path: Path) -> None:
    """A plain 0.85 that is shown as 85 % is one; a number or a truth that the file does not hold is a bad cell."""
    truths: list[dict[str, str]] = [{"booleanvalue": "true"}, {"booleanvalue": "false"}, {}, {"booleanvalue": "true"}]
    shown: list[tuple[float | None, str]] = [(0.85, "85%"), (85, "85%"), (0.075, "7,5 %"), (None, "40")]
    rows = []
    for number, (truth, (value, text)) in enumerate(zip(truths, shown, strict=True), start=1):
        flag = ods_cell("FALSO", valuetype="boolean", **truth)
        rows.append([f"P-{number}", "Parque", "otro", flag, 2026, ods_cell(value, text, valuetype="float")])
    reading = _read_bytes(tmp_path, ods_of(PROJECT[:6], *rows), "ods")
    assert reading.rows["avance_fisico_pct"].to_list() == ["85", "85", "7.5", None]
    assert reading.rows["financiado"].to_list() == ["true", "false", None, "true"]
    found = [(cell.fila, cell.columna, cell.regla) for cell in reading.bad_cells]
    assert found == [(4, "financiado", "no_legible"), (5, "avance_fisico_pct", "no_legible")]


def test_a_text_that_begins_with_a_number_sign_is_no_error(tmp_path: Path) -> None:
    """A house number or a slogan; an error is one of those that a spreadsheet writes."""
    rows = ["#12", "#TodosSomosLeón", "otro", "Sí", "2026"], ["P-2", "#¡REF!", "otro", "Sí", "2026"]
    reading = _read_bytes(tmp_path, ods_of(PROJECT[:5], *rows), "ods")
    assert reading.rows["nombre"].to_list() == ["#TodosSomosLeón", None]
    assert [(cell.fila, cell.columna) for cell in reading.bad_cells] == [(3, "nombre")]


def test_a_date_that_no_calendar_has_is_one_bad_cell(tmp_path: Path) -> None:
    """LibreOffice keeps the year 20226 of a slip of the hand; the other rows are as good as ever."""
    rows = [
        ["P-1", "Uno", "otro", "Sí", "2026", ods_cell("03/09/20226", valuetype="date", datevalue="20226-09-03")],
        ["P-2", "Dos", "otro", "Sí", "2026", ods_cell("03/09/26", valuetype="date", datevalue="2026-09-03")],
    ]
    reading = _read_bytes(tmp_path, ods_of([*PROJECT[:5], "fecha_inicio"], *rows), "ods")
    assert reading.rows["fecha_inicio"].to_list() == [None, "2026-09-03"]
    assert _bad(reading) == [(2, "fecha_inicio", "03/09/20226")]
