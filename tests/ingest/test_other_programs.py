"""Workbooks as many programs write them: whatever the spelling, the same cells; what cannot be seen is said, never guessed."""

from __future__ import annotations

import datetime as dt
import io
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
import xlwt

from ingest.readers.number_formats import Meaning, number_format
from ingest.reading import Reading, RefusedFile

from .files import case, ods_cell, ods_of, read_as, sheet_of, workbook, xls_of, zipped

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
HEADER = (
    "proyecto_id", "nombre", "tipo_espacio", "financiado", "ejercicio_fiscal", "votos", "avance_fisico_pct", "fecha_inicio",
)  # fmt: skip
SHEET = "xl/worksheets/sheet1.xml"


def _sheet() -> str:
    """A header and four rows: shared, inline and formula texts, an error, percentages real and literal, a date, formulas without result."""
    texts = "".join(f'<c r="{chr(65 + i)}1" t="inlineStr"><is><t>{name}</t></is></c>' for i, name in enumerate(HEADER))
    fixed = '<c r="C{0}" t="inlineStr"><is><r><t>area_</t></r><r><t>verde</t></r></is></c><c r="D{0}" t="b"><v>1</v></c><c r="E{0}"><v>2026</v></c>'
    rows = [
        '<c r="A2" t="s"><v>0</v></c><c r="B2" t="s"><v>1</v></c>' + fixed.format(2) + '<c r="F2" t="e"><v>#DIV/0!</v></c><c r="G2" s="1"><v>0.85</v></c><c r="H2" s="2"><v>46204</v></c>',
        '<c r="A3" t="str"><f>"P-"&amp;2</f><v>P-2</v></c><c r="B3" t="s"><v>1</v></c>' + fixed.format(3) + '<c r="F3"><f>A1+1</f><v></v></c><c r="G3" s="3"><v>85</v></c><c r="H3" s="2"><v>46204.75</v></c>',
        '<c r="A4" s="4"><v>3</v></c><c r="B4" t="s"><v>1</v></c>' + fixed.format(4) + '<c r="F4"><f>A1+1</f></c><c r="G4" s="1"><f>1/2</f><v>0.5</v></c><c r="H4" s="2"/>',
    ]  # fmt: skip
    body = f'<row r="1">{texts}</row>' + "".join(
        f'<row r="{number}"{" hidden=" + chr(34) + "1" + chr(34) if number == 3 else ""}>{row}</row>'
        for number, row in enumerate(rows, start=2)
    )
    return f'<worksheet xmlns="{MAIN}"><cols><col min="6" max="6" hidden="1"/></cols><sheetData>{body}</sheetData></worksheet>'


Spelling = Callable[[dict[str, str]], None]


def _reading(folder: Path, parts: dict[str, str], spelling: Spelling | None = None) -> Reading:
    """What is read of a workbook of these parts, written as some program spells them."""
    if spelling is not None:
        spelling(parts)
    encoded = {name: text.encode("utf-16" if 'encoding="utf-16"' in text else "utf-8") for name, text in parts.items()}
    return read_as("proyectos_pp", zipped(folder / "proyectos_pp_2026T3.xlsx", encoded))


def _parts() -> dict[str, str]:
    rel = '<Relationship Id="{}" Type="' + OFFICE + '/{}" Target="{}"/>'
    return {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}">{rel.format("rId1", "officeDocument", "xl/workbook.xml")}</Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="Datos" sheetId="1" r:id="rId7"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">'
        + rel.format("rId7", "worksheet", "worksheets/sheet1.xml")
        + rel.format("rId8", "styles", "styles.xml")
        + rel.format("rId9", "sharedStrings", "sharedStrings.xml")
        + "</Relationships>",
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="170" formatCode="0.0%"/>'
        '<numFmt numFmtId="171" formatCode="0&quot;%&quot;"/><numFmt numFmtId="172" formatCode="&quot;P-&quot;000"/></numFmts>'
        '<cellStyleXfs><xf numFmtId="10"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="170"/><xf numFmtId="14"/>'
        '<xf numFmtId="171"/><xf numFmtId="172"/></cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"><si><t>P-1</t></si><si><r><t>Parque </t></r><r><t>Ju\u00e1rez</t></r><rPh><t>xx</t></rPh></si></sst>',
        SHEET: _sheet(),
    }


def _prefixed(parts: dict[str, str]) -> None:
    """Every element of the main namespace under a prefix."""
    for name in ("xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml", SHEET):
        text = re.sub(r"<(/?)(\w)", r"<\1x:\2", parts[name])
        parts[name] = text.replace(f'xmlns="{MAIN}"', f'xmlns:x="{MAIN}"')


def _strict(parts: dict[str, str]) -> None:
    for name, text in list(parts.items()):
        strict = text.replace(MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main")
        parts[name] = strict.replace(OFFICE, "http://purl.oclc.org/ooxml/officeDocument/relationships")


def _single_quotes(parts: dict[str, str]) -> None:
    for name, text in list(parts.items()):
        parts[name] = text.replace('"', "'")


def _without_places(parts: dict[str, str]) -> None:
    parts[SHEET] = re.sub(r' r="[A-H]?\d"', "", parts[SHEET])


def _moved(parts: dict[str, str]) -> None:
    """Sheets in a folder of another name, absolute targets, and a case that differs."""
    parts["libro/hojas/Hoja1.xml"] = parts.pop(SHEET)
    rels = parts["xl/_rels/workbook.xml.rels"]
    rels = rels.replace("worksheets/sheet1.xml", "/libro/hojas/Hoja1.xml").replace(
        '"sharedStrings.xml', '"SharedStrings.xml'
    )
    parts["xl/_rels/workbook.xml.rels"] = rels


def _another_root(parts: dict[str, str]) -> None:
    for name in [name for name in parts if name.startswith("xl/")]:
        parts[name.replace("xl/", "oficina/", 1)] = parts.pop(name)
    parts["_rels/.rels"] = parts["_rels/.rels"].replace("xl/workbook.xml", "/oficina/workbook.xml")


def _backslashes(parts: dict[str, str]) -> None:
    for name in [name for name in parts if name.startswith("xl/")]:
        parts[name.replace("/", "\\")] = parts.pop(name)


def _indented(parts: dict[str, str]) -> None:
    for name, text in list(parts.items()):
        parts[name] = text.replace("><", ">\n  <")
    for name in ("xl/sharedStrings.xml", SHEET):
        parts[name] = parts[name].replace("<v>\n  </v>", "<v></v>")


def _self_closed(parts: dict[str, str]) -> None:
    parts[SHEET] = parts[SHEET].replace("<v></v>", "<v/>").replace('s="2"/>', 's="2"></c>')


def _utf16(parts: dict[str, str]) -> None:
    parts["xl/sharedStrings.xml"] = '<?xml version="1.0" encoding="utf-16"?>' + parts["xl/sharedStrings.xml"]


def _other_order(parts: dict[str, str]) -> None:
    """Attributes in another order, more of them, and blanks around the sign."""
    text = parts[SHEET].replace('<c r="A2" t="s">', '<c t = "s" cm="1"  r = "A2" >')
    text = text.replace("<row r=", '<row spans="1:8" ht="15" r=')
    parts[SHEET] = text.replace('s="1"><v>0.85', "xml:space='preserve' s=\n'1'><v>0.85")


@pytest.mark.parametrize(
    "spelling",
    [None, _prefixed, _strict, _single_quotes, _without_places, _moved, _another_root, _backslashes, _indented, _self_closed, _utf16, _other_order],
)  # fmt: skip
def test_every_spelling_of_a_workbook_is_the_same_workbook(tmp_path: Path, spelling: Spelling | None) -> None:
    parts = _parts()
    reading = _reading(tmp_path, parts, spelling)
    assert reading.fila.tolist() == [2, 3, 4]
    rows = reading.rows
    assert rows["proyecto_id"].to_list() == ["P-1", "P-2", "P-003"]
    assert rows["nombre"].to_list() == ["Parque Juárez"] * 3 and rows["tipo_espacio"].to_list() == ["area_verde"] * 3
    assert rows["avance_fisico_pct"].to_list() == ["85", "85", "50"]
    assert rows["fecha_inicio"].to_list() == ["2026-07-01", "2026-07-01", None]
    assert rows["financiado"].to_list() == ["true"] * 3 and rows["votos"].null_count() == 3
    found = [(cell.fila, cell.columna, cell.valor) for cell in reading.bad_cells]
    assert found == [(2, "votos", "#DIV/0!"), *((row, "votos", "fórmula sin resultado guardado") for row in (3, 4))]
    assert reading.dated["fecha_inicio"].to_list() == [True, True, False]
    notes = " ".join(reading.notes)
    assert "filas ocultas, que se leyeron como las demás: 3" in notes
    assert "columnas ocultas, que se leyeron como las demás: F" in notes


def test_a_number_whose_format_the_workbook_does_not_define_is_a_bad_cell(tmp_path: Path) -> None:
    parts = _parts()
    del parts["xl/styles.xml"]
    links = "xl/_rels/workbook.xml.rels"
    parts[links] = parts[links].replace('<Relationship Id="rId8"', '<Relacion Id="rId8"')
    reading = _reading(tmp_path, parts)
    assert reading.rows["avance_fisico_pct"].null_count() == 3
    assert {cell.columna for cell in reading.bad_cells} >= {"avance_fisico_pct", "fecha_inicio", "proyecto_id"}


@pytest.mark.parametrize("spelling", [None, _indented])
def test_a_cell_of_text_keeps_it_beside_a_reading_aid_and_no_truth_is_guessed(
    tmp_path: Path, spelling: Spelling | None
) -> None:
    """Phonetic hints stand behind an inline text; «FALSO» and 2 are no values of a logical cell."""
    parts = _parts()
    sheet = parts[SHEET]
    for row, content in ((2, "<v>FALSO</v>"), (3, "<v>2</v>"), (4, "<f>A1=1</f><v></v>")):
        sheet = re.sub(rf'<c r="D{row}" t="b">.*?</c>', f'<c r="D{row}" t="b">{content}</c>', sheet)
    hint = '<r><t>verde</t></r><rPh sb="0" eb="1"><t>xx</t></rPh>'
    parts[SHEET] = sheet.replace("<r><t>verde</t></r>", hint)
    reading = _reading(tmp_path, parts, spelling)
    assert reading.rows["tipo_espacio"].to_list() == ["area_verde"] * 3
    assert reading.rows["financiado"].null_count() == 3
    bad = [(cell.fila, cell.regla) for cell in reading.bad_cells if cell.columna == "financiado"]
    assert bad == [(row, "no_legible") for row in (2, 3, 4)]


@pytest.mark.parametrize("spelling", [None, _indented])
def test_a_moment_with_a_zone_is_the_day_in_the_city_and_an_error_without_its_name_is_one(
    tmp_path: Path, spelling: Spelling | None
) -> None:
    """SheetJS writes the local midnight in UTC; an error may be written without its text."""
    parts = _parts()
    sheet = parts[SHEET]
    sheet = sheet.replace('<c r="H2" s="2"><v>46204</v></c>', '<c r="H2" s="2" t="d"><v>2026-07-02T03:00:00Z</v></c>')
    sheet = sheet.replace('<c r="H3" s="2"><v>46204.75</v></c>', '<c r="H3" t="d"><v>2026-07-01T06:00:00.000Z</v></c>')
    parts[SHEET] = sheet.replace('<c r="F2" t="e"><v>#DIV/0!</v></c>', '<c r="F2" t="e"></c>')
    reading = _reading(tmp_path, parts, spelling)
    assert reading.rows["fecha_inicio"].to_list() == ["2026-07-01 21:00:00", "2026-07-01", None]
    assert (2, "votos") in [(cell.fila, cell.columna) for cell in reading.bad_cells]


@pytest.mark.parametrize("midnight", ["2026-07-04T00:00:00.000Z", "2026-07-04T00:00:00+00:00"])
def test_a_day_that_was_written_as_midnight_in_greenwich_is_the_day_that_spreadsheets_show(
    tmp_path: Path, midnight: str
) -> None:
    """SheetJS on a server writes days so."""
    day = ods_cell("7/4/26", valuetype="date", datevalue=midnight)
    path = tmp_path / "talleres_2026T3.ods"
    path.write_bytes(ods_of(SMALL, ["T-1", day, "Sala", "otro"]))
    assert read_as("talleres", path).rows["fecha_programada"].to_list() == ["2026-07-04"]
    parts = _parts()
    parts[SHEET] = parts[SHEET].replace(
        '<c r="H2" s="2"><v>46204</v></c>', f'<c r="H2" s="2" t="d"><v>{midnight}</v></c>'
    )
    assert _reading(tmp_path, parts).rows["fecha_inicio"][0] == "2026-07-04"


def test_a_truth_is_one_in_every_language_of_libreoffice(tmp_path: Path) -> None:
    truths = [
        ods_cell(1, "WAHR", valuetype="float", formula="of:=TRUE()"),
        ods_cell(0, "FAUX", valuetype="float", formula="of:=FALSE()"),
    ]
    rows = [[f"P-{number}", "Parque", "otro", truth, 2026] for number, truth in enumerate(truths)]
    path = tmp_path / "proyectos_pp_2026T3.ods"
    path.write_bytes(ods_of(HEADER[:5], *rows))
    assert read_as("proyectos_pp", path).rows["financiado"].to_list() == ["true", "false"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1234567, "123-4567"), (1234, "12-34"), (0, "000"), (12345678901, "1234567 - 8901"), (42, "42"), (-3, "-3"), (0, "0")],
)  # fmt: skip
def test_a_key_of_an_ods_is_what_it_shows(tmp_path: Path, value: float, shown: str) -> None:
    path = tmp_path / "talleres_2026T3.ods"
    path.write_bytes(ods_of(SMALL, [ods_cell(value, shown, valuetype="float"), DAY, "Sala", "otro"]))
    assert read_as("talleres", path).rows["taller_id"].to_list() == [shown]


def test_a_zero_that_its_program_left_to_be_computed_is_no_result(tmp_path: Path) -> None:
    """xlsxwriter writes 0 for every formula and asks whoever opens the workbook to compute."""
    path = tmp_path / "proyectos_pp_2026T3.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Datos")
    sheet.write_row(0, 0, HEADER)
    sheet.write_row(1, 0, ["P-1", "Parque", "otro", "Sí", 2026])
    sheet.write_formula(1, 5, "=10+2")
    sheet.write_formula(1, 6, "=80+5", None, 85)
    book.close()
    reading = read_as("proyectos_pp", path)
    assert reading.rows["avance_fisico_pct"].to_list() == ["85"]
    assert [(cell.columna, cell.regla) for cell in reading.bad_cells] == [("votos", "no_legible")]


SMALL = ["taller_id", "fecha_programada", "sede", "tipo_sede"]
SMALL_ROW = ["T-1", "01/07/2026", "Sala", "otro"]
DAY = dt.date(2026, 7, 1)


WRITERS: dict[str, Callable[..., bytes]] = {"xlsx": sheet_of, "xls": xls_of, "ods": ods_of}


def _one_row(folder: Path, kind: str, key: Any, day: Any) -> Reading:
    """What is read of a file of one workshop with this key on this day, each as `files` takes a cell."""
    path = folder / f"talleres_2026T3.{kind}"
    path.write_bytes(WRITERS[kind](SMALL, [key, day, "Sala", "otro"]))
    return read_as("talleres", path)


SHOWN = [
    ('"T-"000', 7, "T-007"),
    ("00000", 37, "00037"),
    ("000-000", 12034, "012-034"),
    ("(000) 000-0000", 4771234567, "(477) 123-4567"),
    ('"2026-"0000', 12, "2026-0012"),
    ('0"/2026"', 12, "12/2026"),
    ('General" bis"', 5, "5 bis"),
    ('"T-"@', "001", "T-001"),
    ('"alta";"baja";"cero"', 0, "cero"),
    ("#,##0", 1234, "1234"),
    ("0.00", 12, "12"),
    ('_-* #,##0_-;-* #,##0_-;_-* "-"??_-;_-@_-', 9, "9"),
    ("0.00E+00", 202608000001, "202608000001"),
    ("General", 15, "15"),
    ("@", "0015", "0015"),
    ('[<100]"A-"0;"B-"0', 7, "A-7"),
    ('[<100]"A-"0;"B-"0', 107, "B-107"),
    ("[<=9999999]000\\-0000;000\\-000\\-0000", 7181234, "718-1234"),
    ("Estándar", 15, "15"),
    ("Standard", 15, "15"),
    ('"F-"00', 12.5, "F-13"),
    ('0" bis"', -0.25, "0 bis"),
    ("0000000000000000", 1234567890123456, "1234567890123456"),
]


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
@pytest.mark.parametrize(("code", "value", "text"), SHOWN)
def test_a_key_is_read_as_its_format_shows_it(tmp_path: Path, kind: str, code: str, value: Any, text: str) -> None:
    reading = _one_row(tmp_path, kind, (value, code), DAY)
    assert reading.rows["taller_id"].to_list() == [text] and not reading.bad_cells


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
@pytest.mark.parametrize(
    ("code", "value"), [('"A-"0,', 7), ("0.00E+00", 1200000), ('[<100]"A-"0;"B-"0', -7), (";;;", 7)]
)
def test_a_key_whose_format_cannot_be_told_is_a_bad_cell(tmp_path: Path, kind: str, code: str, value: int) -> None:
    reading = _one_row(tmp_path, kind, (value, code), DAY)
    assert [(cell.columna, cell.regla) for cell in reading.bad_cells] == [("taller_id", "no_legible")]


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_a_key_that_became_a_date_is_known_as_one(tmp_path: Path, kind: str) -> None:
    reading = _one_row(tmp_path, kind, (dt.date(2026, 3, 1), "mmm-yy"), DAY)
    assert reading.dated["taller_id"].to_list() == [True]


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("0%", Meaning.PERCENT),
        ("[Red]0.00%;[Blue]-0.00%", Meaning.PERCENT),
        ("0\\%", Meaning.SHAPED),
        ('0" %"', Meaning.SHAPED),
        ("[$-80A]dddd, d \"de\" mmmm \"de\" yyyy", Meaning.DATE),
        ("yyyy\\-mm\\-dd\\ hh:mm", Meaning.MOMENT),
        ("mm:ss", Meaning.TIME),
        ("[h]:mm:ss", Meaning.TIME),
        ("h:mm AM/PM", Meaning.TIME),
        ("[$$-80A]#,##0.00;[Red]-[$$-80A]#,##0.00", Meaning.NUMBER),
        ('#,##0.00 "MXN"', Meaning.SHAPED),
        ("# ?/?", Meaning.NUMBER),
        ("", Meaning.SHAPED),
    ],
)  # fmt: skip
def test_what_a_format_means(code: str, meaning: Meaning) -> None:
    assert number_format(code).meaning is meaning


def test_the_numbers_keep_their_value_whatever_is_written_beside_them(tmp_path: Path) -> None:
    path = tmp_path / "proyectos_pp_2026T3.xlsx"
    beside = [(7, '000" votos"'), (85, '0"%"'), None, (1500.5, '#,##0.00 "MXN"')]
    path.write_bytes(sheet_of([*HEADER, "monto_mxn"], ["P-1", "Parque", "otro", "Sí", 2026, *beside]))
    row = read_as("proyectos_pp", path).rows.row(0, named=True)
    assert (row["votos"], row["avance_fisico_pct"], row["monto_mxn"]) == ("7", "85", "1500.5")


TWO_LINES = (
    ["taller_id", "Fecha", "", "sede", "tipo_sede", "Coordenadas", ""],
    ["", "programada", "realizada", "", "", "latitud", "longitud"],
)
TWO_LINE_ROWS = [["T-1", "01/07/2026", "", "UG", "escuela", "21.12", "-101.68"], ["T-2", "02/07/2026", "", "UG", "escuela", "21.1", "-101.6"]]  # fmt: skip
MERGES = ("A1:A2", "B1:C1", "D1:D2", "E1:E2", "F1:G1")


def _two_lines(folder: Path, kind: str) -> Path:
    path = folder / f"talleres_2026T3.{kind}"
    rows = [*TWO_LINES, *TWO_LINE_ROWS]
    if kind == "xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append([cell or None for cell in row])
        for merge in MERGES:
            book.active.merge_cells(merge)
        book.save(path)
    elif kind == "xls":
        old = xlwt.Workbook()
        sheet = old.add_sheet("Datos")
        merged = {(0, 0): (1, 0), (0, 1): (0, 2), (0, 3): (1, 3), (0, 4): (1, 4), (0, 5): (0, 6)}
        for (top, left), (bottom, right) in merged.items():
            sheet.write_merge(top, bottom, left, right, rows[top][left])
        for down, cells in enumerate(rows):
            for across, text in enumerate(cells):
                if text and (down, across) not in merged:
                    sheet.write(down, across, text)
        old.save(path)
    elif kind == "ods":
        path.write_bytes(_two_lines_ods(rows))
    else:
        path.write_text("\n".join(",".join(row) for row in rows) + "\n")
    return path


def _two_lines_ods(rows: list[list[str]]) -> bytes:
    from odf.table import CoveredTableCell

    spans = {(0, 0): (2, 1), (0, 1): (1, 2), (0, 3): (2, 1), (0, 4): (2, 1), (0, 5): (1, 2)}
    covered = {(1, 0), (0, 2), (1, 3), (1, 4), (0, 6)}

    def cell(number: int, column: int, text: str) -> Any:
        down, across = spans.get((number, column), (1, 1))
        if (number, column) in covered:
            return CoveredTableCell()
        return ods_cell(text, numberrowsspanned=down, numbercolumnsspanned=across) if text else None

    return ods_of(*([cell(n, column, text) for column, text in enumerate(cells)] for n, cells in enumerate(rows)))


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods", "csv"])
def test_a_header_of_two_lines_reads_the_same_in_every_format(tmp_path: Path, kind: str) -> None:
    reading = read_as("talleres", _two_lines(tmp_path, kind))
    names = ["taller_id", "fecha_programada", "fecha_realizada", "sede", "tipo_sede", "latitud", "longitud"]
    assert reading.rows.columns == names and reading.understood["fila_encabezado"] == 2
    assert reading.fila.tolist() == [3, 4] and reading.understood["columnas"]["longitud"] == "G"
    assert [[cell or "" for cell in row] for row in reading.rows.rows()] == TWO_LINE_ROWS


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_what_a_merged_cell_covers_is_not_read_unsaid(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"talleres_2026T3.{kind}"
    rows = [SMALL, SMALL_ROW, ["T-2", *SMALL_ROW[1:]]]
    if kind == "xlsx":
        book = xlsxwriter.Workbook(path)
        sheet = book.add_worksheet()
        for number, cells in enumerate(rows):
            sheet.write_row(number, 0, cells)
        sheet.merge_range(1, 2, 2, 2, "Sala")
        sheet.write_string(2, 2, "otra sala, tapada")
        book.close()
    else:
        old = xlwt.Workbook()
        old_sheet = old.add_sheet("Datos", cell_overwrite_ok=True)
        for number, cells in enumerate(rows):
            for column, text in enumerate(cells):
                old_sheet.write(number, column, text)
        old_sheet.merge(1, 2, 2, 2)
        old_sheet.write(2, 2, "otra sala, tapada")
        old.save(path)
    reading = read_as("talleres", path)
    assert reading.rows["sede"].to_list() == ["Sala", None]
    assert [(cell.fila, cell.columna, cell.regla) for cell in reading.bad_cells] == [(3, "sede", "no_legible")]


def _book(folder: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    return workbook(folder / "talleres_2026T3.xlsx", sheets)


@pytest.mark.parametrize(
    "other",
    [
        [["taller_id", "fecha_programada", "sede", "tipo de sede"], SMALL_ROW],
        [["Talleres de agosto"], [], ["taller_id", "fecha programda", "sede", "tipo_sede"], SMALL_ROW],
        [["id_taller", "fecha_programada", "sede", "tipo_sede"], SMALL_ROW],
        [["taller_id", "fecha_programada", "tipo_sede"], SMALL_ROW],
        [["T-9", "03/08/2026", "Sala", "otro"], ["T-10", "04/08/2026", "Sala", "otro"]],
    ],
)
def test_a_sheet_that_seems_to_hold_rows_of_the_export_is_not_left_out_unsaid(
    tmp_path: Path, other: list[list[Any]]
) -> None:
    with pytest.raises(RefusedFile) as refused:
        read_as("talleres", _book(tmp_path, {"Julio": [SMALL, SMALL_ROW], "Agosto": other}))
    (reason,) = refused.value.reasons
    assert "«Agosto» no se leyó y parece traer más filas" in reason and "Junte todas las filas" in reason


@pytest.mark.parametrize(
    "other",
    [
        [["Instrucciones"], ["Llene una fila por taller: taller_id, fecha_programada, sede"], ["No cambie el encabezado"]],
        [["sede", "tipo_sede"], ["Sala", "otro"], ["Escuela 5", "escuela"]],
        [["Valores de tipo_sede"], ["escuela"], ["otro"]],
        [["Mes", "Talleres"], ["Julio", 3], ["Agosto", 4]],
        [["Columna", "Qué es"], ["taller_id", "Clave"], ["fecha_programada", "Día"], ["sede", "Lugar"], ["tipo_sede", "Clase"]],
        [SMALL],
    ],
)  # fmt: skip
def test_sheets_of_another_kind_stop_nothing(tmp_path: Path, other: list[list[Any]]) -> None:
    reading = read_as("talleres", _book(tmp_path, {"Datos": [SMALL, SMALL_ROW], "Otra": other}))
    assert reading.rows.height == 1 and any("no se leyeron: «Otra»" in note for note in reading.notes)


def test_a_sheet_that_cannot_be_looked_at_refuses_the_file(tmp_path: Path) -> None:
    """Also where another one would do: what it holds is not known, and what copies the workbook would never end."""
    book = openpyxl.Workbook()
    book.active.append(SMALL)
    book.active.append(SMALL_ROW)
    other = book.create_sheet("Otra")
    other["A1"] = "x"
    other.merged_cells.add("A1:XFD1048576")
    path = tmp_path / "talleres_2026T3.xlsx"
    book.save(path)
    with pytest.raises(RefusedFile, match="La hoja «Otra» tiene celdas combinadas"):
        read_as("talleres", path)


@pytest.mark.parametrize(
    ("name", "words"),
    [("1_far_cell", "XFD1048576"), ("2_merge", "celdas combinadas que abarcan 17,176,608,768 celdas")],
)
def test_poisoned_workbooks_are_refused(name: str, words: str) -> None:
    with pytest.raises(RefusedFile, match=words):
        read_as("capacitaciones", case(name))


@pytest.mark.parametrize("empty", ["<si/>", "<si><t/></si>", "<si><t></t></si>"])
def test_a_million_empty_texts_are_counted_before_they_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty: str
) -> None:
    monkeypatch.setattr("ingest.readers.ooxml._MAX_STRINGS", 1000)
    parts = _parts()
    parts["xl/sharedStrings.xml"] = parts["xl/sharedStrings.xml"].replace("</sst>", empty * 1500 + "</sst>")
    with pytest.raises(RefusedFile, match="más de 1,000 textos"):
        _reading(tmp_path, parts)


def test_an_xls_whose_sectors_are_linked_into_a_ring_is_refused_at_once(tmp_path: Path) -> None:
    content = bytearray(case("04_").read_bytes())
    table = (int.from_bytes(content[60:64], "little") + 1) * 512  # the table of the small sectors
    content[table : table + 512] = bytes(512)  # each is followed by the first
    path = tmp_path / "proyectos_pp_2026T3.xls"
    path.write_bytes(content)
    with pytest.raises(RefusedFile, match="dañado"):
        read_as("proyectos_pp", path)


@pytest.mark.parametrize("encoding", ["es", "UTl-8", "rot13"])
def test_a_sheet_in_an_encoding_that_nobody_knows_is_refused(tmp_path: Path, encoding: str) -> None:
    parts = _parts()
    parts[SHEET] = f'<?xml version="1.0" encoding="{encoding}"?>' + parts[SHEET]
    with pytest.raises(RefusedFile, match="dañado"):
        _reading(tmp_path, parts)


def _project(path: Path, name: str, value: Any, code: str) -> Reading:
    """A workbook of one project whose cell in this column has this value and format."""
    cells = dict(zip(HEADER[:5], ("P-1", "Parque", "otro", "Sí", 2026), strict=True)) | {name: (value, code)}
    path.write_bytes(sheet_of(list(cells), list(cells.values())))
    return read_as("proyectos_pp", path)


@pytest.mark.parametrize(
    ("name", "value", "code", "read"),
    [
        ("financiado", 1, '[=1]"Sí";[=0]"No";General', "Sí"),
        ("financiado", 0, '[=1]"Sí";[=0]"No";General', "No"),
        ("monto_mxn", 5, '0.0" mdp"', "5.0 mdp"),  # is judged as no number: its office means millions
        ("monto_mxn", 5_000_000, '0.0,," mdp"', "5000000"),
        ("monto_mxn", 1200, "Estándar", "1200"),
        ("fecha_inicio", 46268.99999998843, "dd/mm/yyyy", "2026-09-03 23:59:59"),  # 23:59:59.999, the end of that day
        ("fecha_inicio", 46268.99999999999, "dd/mm/yyyy", "2026-09-04"),
        ("fecha_inicio", 46268.9999, "dd/mm/yyyy", "2026-09-03"),
    ],
)
def test_a_cell_is_what_its_format_shows(tmp_path: Path, name: str, value: Any, code: str, read: str) -> None:
    reading = _project(tmp_path / "proyectos_pp_2026T3.xlsx", name, value, code)
    assert str(reading.rows[name][0]).startswith(read[:10]) and not reading.bad_cells


@pytest.mark.parametrize("name", ["monto_mxn", "fecha_inicio", "nombre"])
def test_a_value_that_its_format_hides_is_neither_read_nor_lost_unsaid(tmp_path: Path, name: str) -> None:
    reading = _project(tmp_path / "proyectos_pp_2026T3.xlsx", name, 46268, ";;;")
    assert [(cell.columna, cell.regla) for cell in reading.bad_cells] == [(name, "no_legible")]


def _second_name(parts: dict[str, str]) -> None:
    """As Microsoft's own services name the workbook's part."""
    for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"):
        parts[name.replace("workbook.xml", "workbook2.xml")] = parts.pop(name)
    parts["_rels/.rels"] = parts["_rels/.rels"].replace("workbook.xml", "workbook2.xml")


def test_a_workbook_of_another_name_is_one(tmp_path: Path) -> None:
    assert _reading(tmp_path, _parts(), _second_name).rows.equals(_reading(tmp_path, _parts()).rows)


@pytest.mark.parametrize(
    "cell", ["<v>9</v><is><t>P-9</t></is>", "<is><t>P-9</t></is><v>9</v>", "<is><r><t>P</t></r><r><t>-9</t></r></is>"]
)
def test_a_cell_with_a_text_of_its_own_shows_no_value_written_beside_it(tmp_path: Path, cell: str) -> None:
    parts = _parts()
    parts[SHEET] = parts[SHEET].replace('<c r="A2" t="s"><v>0</v></c>', f'<c r="A2" t="inlineStr">{cell}</c>')
    assert _reading(tmp_path, parts).rows["proyecto_id"][0] == "P-9"


@pytest.mark.parametrize("cell", ["<v></v>", "<v/>", "<v> </v>", ""])
def test_a_shared_text_without_its_place_is_an_empty_cell(tmp_path: Path, cell: str) -> None:
    parts = _parts()
    parts[SHEET] = parts[SHEET].replace('<c r="B2" t="s"><v>1</v></c>', f'<c r="B2" t="s">{cell}</c>')
    assert _reading(tmp_path, parts).rows["nombre"].to_list()[:2] == [None, "Parque Juárez"]


def test_a_part_that_is_named_and_not_there_is_missed_only_where_it_is_needed(tmp_path: Path) -> None:
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{{}}</sheetData></worksheet>'
    rows = [HEADER[:5], ("P-1", "Parque", "otro", "no", "2026")]
    text = '<c t="inlineStr"><is><t>{}</t></is></c>'
    written = "".join(f"<row>{''.join(map(text.format, row))}</row>" for row in rows)
    parts = _parts() | {SHEET: sheet.format(written)}
    del parts["xl/styles.xml"], parts["xl/sharedStrings.xml"]
    assert _reading(tmp_path, parts).rows["proyecto_id"].to_list() == ["P-1"]


def test_an_xls_whose_streams_share_sectors_is_read_as_spreadsheets_read_it(tmp_path: Path) -> None:
    """PHPExcel gives the container of short streams the sectors of the workbook."""
    path = tmp_path / "talleres_2026T3.xls"
    path.write_bytes(xls_of(SMALL, [15, *SMALL_ROW[1:]]))
    content = bytearray(path.read_bytes())
    root = 512 + 512 * int.from_bytes(content[48:52], "little")  # the directory's entries: the root, then the workbook
    content[root + 116 : root + 124] = content[root + 128 + 116 : root + 128 + 124]
    path.write_bytes(content)
    assert read_as("talleres", path).rows["taller_id"].to_list() == ["15"]
    content[root + 128 + 120 : root + 128 + 124] = (1 << 30).to_bytes(4, "little")  # a stream longer than its file
    path.write_bytes(content)
    with pytest.raises(RefusedFile, match="dañado"):
        read_as("talleres", path)


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
@pytest.mark.parametrize(
    ("code", "day", "read"),
    [
        ("mmm-yy", dt.date(2026, 3, 1), "marzo de 2026"),
        ("yyyy", dt.date(2026, 1, 1), "enero de 2026"),
        ("mmm-yy", dt.date(2026, 3, 17), "2026-03-17"),  # somebody wrote the day
        ("dd/mm/yyyy", dt.date(2026, 3, 1), "2026-03-01"),
        ('[$-80A]dddd, d "de" mmmm', dt.date(2026, 3, 1), "2026-03-01"),
    ],
)
def test_a_day_that_its_format_does_not_show_was_chosen_by_nobody(
    tmp_path: Path, kind: str, code: str, day: dt.date, read: str
) -> None:
    """`mar-26` becomes the first of March in a spreadsheet; as a text it is no date either."""
    shown = {"mmm-yy": "mar-26", "yyyy": "2026", "dd/mm/yyyy": "01/03/2026"}.get(code, "domingo, 1 de marzo")
    reading = _one_row(tmp_path, kind, "T-1", ods_cell(day, shown) if kind == "ods" else (day, code))
    assert reading.rows["fecha_programada"].to_list() == [read]


# ---- what stands beside the rows of a workbook and is none of it ----------------------------------------------------------


def test_an_extension_of_the_workbook_says_nothing_of_its_dates(tmp_path: Path) -> None:
    """Excel for Mac writes `x15:workbookPr` behind a workbook whose days are counted from 1904."""
    parts = _parts()
    more = "http://schemas.microsoft.com/office/spreadsheetml/2010/11/main"
    extension = f'<extLst><ext uri="x"><x15:workbookPr xmlns:x15="{more}" chartTrackingRefBase="1"/></ext></extLst>'
    book = parts["xl/workbook.xml"].replace("<sheets>", '<workbookPr date1904="1"/><sheets>')
    parts["xl/workbook.xml"] = book.replace("</workbook>", f"{extension}</workbook>")
    parts[SHEET] = parts[SHEET].replace("<v>46204", "<v>44742")
    assert _reading(tmp_path, parts).rows["fecha_inicio"].to_list() == ["2026-07-01", "2026-07-01", None]


@pytest.mark.parametrize("spelling", [None, _prefixed])
def test_a_conditional_format_changes_no_cell(tmp_path: Path, spelling: Spelling | None) -> None:
    """Its numbers are of its own list: there 14 may be a percentage, and 170 a date."""
    parts = _parts()
    formats = (("14", "0.00%"), ("170", "dd/mm/yyyy"), ("0", "0%"))
    listed = "".join(f'<dxf><numFmt numFmtId="{n}" formatCode="{code}"/></dxf>' for n, code in formats)
    parts["xl/styles.xml"] = parts["xl/styles.xml"].replace("</styleSheet>", f"<dxfs>{listed}</dxfs></styleSheet>")
    rows = _reading(tmp_path, parts, spelling).rows
    assert rows["fecha_inicio"].to_list() == ["2026-07-01", "2026-07-01", None]
    assert rows["avance_fisico_pct"].to_list() == ["85", "85", "50"]
    assert rows["ejercicio_fiscal"].to_list() == ["2026"] * 3


def test_a_letter_beyond_the_first_plane_survives_its_escapes(tmp_path: Path) -> None:
    parts = _parts()
    parts["xl/sharedStrings.xml"] = parts["xl/sharedStrings.xml"].replace("Parque ", "Parque _xD83C__xDF33_ ")
    assert _reading(tmp_path, parts).rows["nombre"].to_list() == ["Parque \U0001f333 Ju\u00e1rez"] * 3


@pytest.mark.parametrize(
    ("code", "shares"),
    [
        ('[=0]"-";0%', {0.85: True, 0.0: False, 1.0: True}),
        ("[<1]0%;0", {0.85: True, 85.0: False}),
        ("[>=1]0.0;0%", {0.85: True, 85.0: False}),
        ('0%;-0%;"-"', {0.85: True, -0.1: True, 0.0: False}),
        ('0;-0%;"sin avance"', {85.0: False, -0.1: True}),
        ("0%", {0.0: True, 0.5: True}),
        ('0%;[Red]-0%;0%;"sin dato"@', {0.0: True, 0.5: True, -1.0: True}),
    ],
)
def test_a_number_is_a_percentage_where_the_section_that_shows_it_says_so(code: str, shares: dict[float, bool]) -> None:
    form = number_format(code)
    assert form.meaning is Meaning.PERCENT
    assert {value: form.is_percentage(value) for value in shares} == shares


def test_a_percentage_of_none_that_is_shown_as_a_hyphen_is_none(tmp_path: Path) -> None:
    content = sheet_of(
        HEADER, *[[f"P-{n}", "x", "otro", 1, 2026, 5, (v, '0%;-0%;"-"'), None] for n, v in enumerate((0, 0.85))]
    )
    path = tmp_path / "proyectos_pp_2026T3.xlsx"
    path.write_bytes(content)
    assert read_as("proyectos_pp", path).rows["avance_fisico_pct"].to_list() == ["0", "85"]


# ---- XLS whose writers took liberties ------------------------------------------------------------------------------------


def _xls_reading(folder: Path, content: bytes) -> Reading:
    path = folder / "proyectos_pp_2026T3.xls"
    path.write_bytes(content)
    return read_as("proyectos_pp", path)


def test_the_stream_of_an_xls_may_be_called_in_capitals(tmp_path: Path) -> None:
    content = xls_of(HEADER, ["P-1", "Parque", "otro", "S\u00ed", 2026, 5, 85, dt.date(2026, 7, 1)])
    renamed = content.replace("Workbook".encode("utf-16-le"), "WORKBOOK".encode("utf-16-le"))
    assert renamed != content
    assert _xls_reading(tmp_path, renamed).rows["fecha_inicio"].to_list() == ["2026-07-01"]


def test_an_xls_that_counts_more_texts_than_it_holds_is_read(tmp_path: Path) -> None:
    content = xls_of(HEADER, ["P-1", "Parque", "otro", "S\u00ed", 2026, 5, 85, dt.date(2026, 7, 1)])
    total, unique = 12, 12  # of the header and the row
    place = content.index(struct.pack("<II", total, unique) + struct.pack("<HB", len(HEADER[0]), 0))
    more = content[:place] + struct.pack("<II", total, unique + 7) + content[place + 8 :]
    assert _xls_reading(tmp_path, more).rows["nombre"].to_list() == ["Parque"]


def test_a_name_that_cannot_be_evaluated_takes_no_row_of_an_xls(tmp_path: Path) -> None:
    """A defined name with a relative reference, as PhpSpreadsheet and old Excels leave them."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Datos")
    for row, cells in enumerate([HEADER, ["P-1", "Parque", "otro", "1", 2026, 5, 85, None]]):
        for column, value in enumerate(cells):
            sheet.write(row, column, value)
    body = struct.pack("<HBBHHHBBBB", 0, 0, 4, 11, 0, 0, 0, 0, 0, 0) + b"\x00Lugar" + b"\x2d" + bytes(8) + b"\x03\x03"
    body = body[:3] + bytes([5]) + struct.pack("<H", len(body) - 20) + body[6:]
    record = struct.pack("<HH", 0x18, len(body)) + body
    names: list[int] = []
    original = xlwt.Workbook._Workbook__country_rec

    def with_name(self: Any) -> bytes:
        names.append(1)
        return record + bytes(original(self))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(xlwt.Workbook, "_Workbook__country_rec", with_name)
        content = io.BytesIO()
        book.save(content)
    assert names
    assert _xls_reading(tmp_path, content.getvalue()).rows["nombre"].to_list() == ["Parque"]


def _xls_with_formulas(*results: bytes) -> bytes:
    """An XLS whose rows have a formula each, with these saved results; all ask to be computed when the file is opened."""
    rows = [["P-1", "x", "otro", 1, 2026, xlwt.Formula(f"10+{n}"), 85, None] for n in range(len(results))]
    content = xls_of(HEADER, *rows)
    for result in results:
        content = content.replace(b"\x03" + bytes(5) + b"\xff\xff\x00\x00", result + b"\x03\x00", 1)
    return content


@pytest.mark.parametrize("has_properties", [False, True])
def test_a_zero_that_waits_to_be_computed_is_no_result(tmp_path: Path, has_properties: bool) -> None:
    """Apache POI and others write 0 and leave the rest to Excel; where a program computed, some other result is there."""
    properties = "\x05SummaryInformation".encode("utf-16-le").ljust(512, b"\x00") if has_properties else b""
    zero, five = bytes(8), struct.pack("<d", 5.0)
    unread = _xls_reading(tmp_path, _xls_with_formulas(zero, zero) + properties)
    assert unread.rows["votos"].null_count() == 2
    assert [(cell.fila, cell.columna) for cell in unread.bad_cells] == [(2, "votos"), (3, "votos")]
    computed = _xls_reading(tmp_path, _xls_with_formulas(zero, five) + properties)
    assert computed.rows["votos"].to_list() == ["0", "5"] and not computed.bad_cells


@pytest.mark.parametrize("number", [27, 30, 36, 50, 58, 71])
def test_a_date_whose_format_goes_by_its_number_alone_is_one(tmp_path: Path, number: int) -> None:
    """PhpSpreadsheet writes m/d/yy as 30, for which xlrd knows no code."""
    content = xls_of(HEADER, ["P-1", "x", "otro", 1, 2026, 5, 85, (dt.date(2026, 7, 1), "M/D/YY")])
    style = re.compile(rb"(\xe0\x00\x14\x00..)\x0e\x00", re.DOTALL)
    content, count = style.subn(rb"\g<1>" + struct.pack("<H", number), content)
    assert count == 1
    assert _xls_reading(tmp_path, content).rows["fecha_inicio"].to_list() == ["2026-07-01"]


def test_the_formula_in_the_place_of_its_result_is_none(tmp_path: Path) -> None:
    text = ods_cell("=10+1", formula="of:=10+1")
    path = tmp_path / "proyectos_pp_2026T3.ods"
    path.write_bytes(ods_of(HEADER, ["P-1", "x", "otro", True, 2026, text, 85, None]))
    reading = read_as("proyectos_pp", path)
    assert reading.rows["votos"].to_list() == [None] and reading.bad_cells[0].regla == "no_legible"


def test_two_parts_of_one_name_are_no_book(tmp_path: Path) -> None:
    """Each reader takes another of them."""
    parts = _parts()
    other = parts[SHEET].replace("46204", "46300")
    path = zipped(tmp_path / "proyectos_pp_2026T3.xlsx", {**parts, SHEET.upper(): other})
    with pytest.raises(RefusedFile, match="dos versiones de una misma parte"):
        read_as("proyectos_pp", path)
    assert read_as("proyectos_pp", zipped(path, {**parts, SHEET.upper(): parts[SHEET]})).rows.height == 3


@pytest.mark.parametrize(
    "said", ['fullCalcOnLoad="1"', 'calcCompleted="0"', 'calcCompleted="false"', 'calcCompleted="1"']
)
def test_a_zero_in_a_book_that_was_not_computed_is_no_result(tmp_path: Path, said: str) -> None:
    parts = _parts()
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace("</workbook>", f"<calcPr {said}/></workbook>")
    parts[SHEET] = parts[SHEET].replace('<c r="F4"><f>A1+1</f></c>', '<c r="F4"><f>A1+1</f><v>0</v></c>')
    assert _reading(tmp_path, parts).rows["votos"].to_list()[-1] == ("0" if said == 'calcCompleted="1"' else None)


@pytest.mark.parametrize("whole", ["A:B", "$A:$A", "1:30"])
def test_whole_columns_that_are_merged_are_told_as_such(tmp_path: Path, whole: str) -> None:
    parts = _parts()
    merges = f'<mergeCells><mergeCell ref="{whole}"/></mergeCells></worksheet>'
    parts[SHEET] = parts[SHEET].replace("</worksheet>", merges)
    with pytest.raises(RefusedFile, match="celdas combinadas que abarcan"):
        _reading(tmp_path, parts)
