"""The receipt: what its author reads, what goes back to be mended, and what never appears in it."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt

from ingest.receive import receive_inbox
from pamga.documents.deliveries import Receipt
from pamga.settings import Settings

from .conftest import Office, summary
from .files import sheet_of
from .test_delivery import CRIMES, crime

HEADER = ["taller_id", "fecha_programada", "fecha_realizada", "sede", "tipo_sede", "colonia", "latitud", "longitud"]
GOOD = ["T-1", dt.date(2026, 7, 1), dt.date(2026, 7, 3), "UG", "universidad pública", "Centro", 21.12, -101.68]
BAD = ["T-2", dt.date(2026, 7, 1), "no sé", "=1+1", "universidad", "Centro", 50, -101.68]
TALLERES = "presupuesto_participativo/talleres_2026T3"


class Page(HTMLParser):
    """Text and tags of a page, and its tables as rows of text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.rows: list[list[str]] = []
        self._cell = False
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._cell = False

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._cell:
            self.rows[-1][-1] += data


def _settings(root: Path, day: dt.date = dt.date(2026, 10, 10)) -> Settings:
    return Settings(data=root, settle_seconds=0, hoy=day)


def _receive(settings: Settings) -> tuple[Receipt, Path]:
    (receipt,) = receive_inbox(settings)
    return receipt, Path(str(receipt.folder))


def _drop(settings: Settings, name: str, content: bytes) -> Path:
    path = settings.layout.inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def _book(rows: list[list[Any]], sheet: str = "Captura", above: int = 2, **extra: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    page["A1"] = "Talleres"
    for number, row in enumerate([HEADER, *rows], start=above + 1):
        for column, value in enumerate(row, start=2):
            cell = page.cell(number, column, value)
            if value == "=1+1":
                cell.data_type = "s"
    for name, more in extra.items():
        other = book.create_sheet(name)
        for row in more:
            other.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_page_says_row_column_value_expectation_and_remedy(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    _drop(settings, f"{TALLERES}.xlsx", _book([GOOD, BAD]))
    receipt, folder = _receive(settings)
    assert folder == tmp_path / "receipts/presupuesto_participativo/talleres_2026T3_v0001"
    page = Page(folder / "index.html")
    assert ("html", {"lang": "es"}) in page.tags
    assert [tag for tag, _ in page.tags].count("table") == [tag for tag, _ in page.tags].count("caption") == 4
    assert "▲" in page.text and "Recibido, con filas por corregir" in page.text
    lines = {row[2]: row for row in page.rows if row and row[0] == "5"}
    assert set(lines) == {"fecha_realizada", "tipo_sede", "latitud"}
    assert lines["fecha_realizada"][1::2][:2] == ["D5", "no sé"] and all(lines["tipo_sede"])
    assert "universidad_publica" in " ".join(lines["tipo_sede"])
    assert "Captura" in page.text and receipt.quarantined == 1
    summary = (folder / "resumen.txt").read_text()
    assert "Fila 5, tipo_sede" in summary and "Aceptadas: 1" in summary and "<" not in summary


def test_delivered_text_never_becomes_markup(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    _drop(
        settings,
        f"{TALLERES}.xlsx",
        _book([["T-9", "<script>alert(1)</script>", None, "x", "escuela", "", 21.1, -101.6]]),
    )
    _, folder = _receive(settings)
    html = (folder / "index.html").read_text()
    assert "<script" not in html and "&lt;script&gt;" in html


def test_the_marked_copy_can_be_mended_and_dropped_again(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    target = _drop(settings, f"{TALLERES}.xlsx", _book([GOOD, BAD]))
    _, folder = _receive(settings)
    book = openpyxl.load_workbook(folder / "correccion.xlsx")
    sheet = book["Captura"]
    marked = {cell.coordinate: cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment}
    assert set(marked) == {"D5", "F5", "H5"}
    assert "universidad" in marked["F5"]
    assert sheet["F5"].fill.start_color.rgb.endswith("FFE08A") and sheet["B4"].fill.fill_type is None
    assert sheet["E5"].value == "=1+1" and sheet["E5"].data_type == "s"
    assert b"<f>" not in _members(folder / "correccion.xlsx")["xl/worksheets/sheet1.xml"]
    sheet["D5"], sheet["F5"], sheet["H5"] = None, "escuela", 21.1
    book.save(target)
    again, _ = _receive(settings)
    assert (again.state, again.accepted, again.version) == ("accepted", 2, 2)


def test_what_the_contract_does_not_ask_for_does_not_go_back(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    content = _book([[*BAD, "Rosa Jiménez, 477 555 0101"]], Contactos=[["Rosa Jiménez", "477 555 0101"]])
    book = openpyxl.load_workbook(io.BytesIO(content))
    book["Captura"]["J3"] = "capturó"
    book["Captura"]["A1"] = "Dudas: rosa@leon.example"
    book.properties.creator = "Rosa Jiménez"
    buffer = io.BytesIO()
    book.save(buffer)
    _drop(settings, f"{TALLERES}.xlsx", buffer.getvalue())
    _, folder = _receive(settings)
    everything = b"".join(_members(folder / "correccion.xlsx").values()) + (folder / "index.html").read_bytes()
    for secret in ("Rosa", "0101", "rosa@"):
        assert secret.encode() not in everything
    assert openpyxl.load_workbook(folder / "correccion.xlsx").sheetnames == ["Captura", "Lista de errores"]


@pytest.mark.parametrize(
    ("member", "was", "becomes"),
    [
        ("xl/styles.xml", b'<family val="2"', b'<family val="99"'),
        ("xl/styles.xml", b"gray125", b"rayado"),
        ("docProps/core.xml", b'W3CDTF">', b'W3CDTF">ayer '),
        ("xl/worksheets/sheet1.xml", b'<c r="B4"', b'<c s="77" r="B4"'),
        ("xl/worksheets/sheet1.xml", b"<sheetView ", b'<sheetView view="otra" '),
        ("[Content_Types].xml", b"<Types", b"<Tipos"),
    ],
)
def test_a_book_that_openpyxl_cannot_open_comes_back_too(
    tmp_path: Path, member: str, was: bytes, becomes: bytes
) -> None:
    """Spreadsheet programs and our reader pass over such details; openpyxl fails at each in a way of its own."""
    content, changed = io.BytesIO(_book([GOOD, BAD])), io.BytesIO()
    with zipfile.ZipFile(content) as whole, zipfile.ZipFile(changed, "w") as spoilt:
        for name in whole.namelist():
            part = whole.read(name)
            assert name != member or was in part
            spoilt.writestr(name, part.replace(was, becomes) if name == member else part)
    settings = _settings(tmp_path)
    _drop(settings, f"{TALLERES}.xlsx", changed.getvalue())
    receipt, folder = _receive(settings)
    assert (receipt.state, receipt.accepted) == ("accepted_with_rejects", 1)
    sheet = openpyxl.load_workbook(folder / "correccion.xlsx")["Captura"]
    marked = [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.comment]
    assert marked == ["D5", "F5", "H5"] and sheet["B4"].value == "T-1"
    assert receive_inbox(settings) == []


def test_a_bad_cell_is_not_sent_back_hidden(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(_book([GOOD, BAD])))
    sheet = book["Captura"]
    sheet.row_dimensions[4].hidden = sheet.row_dimensions[5].hidden = True
    sheet.column_dimensions.group("F", "H", hidden=True)
    buffer = io.BytesIO()
    book.save(buffer)
    settings = _settings(tmp_path)
    _drop(settings, f"{TALLERES}.xlsx", buffer.getvalue())
    _, folder = _receive(settings)
    sheet = openpyxl.load_workbook(folder / "correccion.xlsx")["Captura"]
    assert [row for row, facts in sheet.row_dimensions.items() if facts.hidden] == [4]
    assert not any(facts.hidden for facts in sheet.column_dimensions.values())


def test_characters_that_no_workbook_holds(tmp_path: Path) -> None:
    header = "mesa_id,titulo,eje,fecha_programada\n"
    settings = _settings(tmp_path)
    _drop(settings, "imju/mesas_trabajo_2026T3.csv", f"{header}M1,a\ufffeb\uffff,x\ufffey,01/08/2026\n".encode())
    _, folder = _receive(settings)
    for content in _members(folder / "correccion.xlsx").values():
        text = content.decode()
        assert "\ufffe" not in text and "\uffff" not in text
    assert openpyxl.load_workbook(folder / "correccion.xlsx").active["B2"].value == "M1"


def test_a_sheet_name_that_excel_forbids(tmp_path: Path) -> None:
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow
    from odf.text import P

    document = OpenDocumentSpreadsheet()
    sheet = Table(name="Talleres 2026/T3: una hoja con un nombre largo")
    for values in (HEADER, [str(value) for value in BAD]):
        row = TableRow()
        for value in values:
            row.addElement(TableCell(valuetype="string"))
            row.lastChild.addElement(P(text=value))
        sheet.addElement(row)
    document.spreadsheet.addElement(sheet)
    settings, buffer = _settings(tmp_path), io.BytesIO()
    document.write(buffer)
    _drop(settings, f"{TALLERES}.ods", buffer.getvalue())
    _, folder = _receive(settings)
    book = openpyxl.load_workbook(folder / "correccion.xlsx")
    assert book.sheetnames == ["Talleres 2026 T3  una hoja con ", "Lista de errores"]
    assert book.worksheets[0]["E2"].comment is not None


def test_xls_comes_back_as_xlsx(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    book = xlwt.Workbook()
    sheet = book.add_sheet("Hoja1")
    lines: list[list[Any]] = [list(HEADER), list(GOOD), list(BAD)]
    for row, values in enumerate(lines):
        for column, value in enumerate(values):
            style = xlwt.easyxf(num_format_str="dd/mm/yyyy") if isinstance(value, dt.date) else xlwt.Style.default_style
            sheet.write(row, column, value, style)
    buffer = io.BytesIO()
    book.save(buffer)
    _drop(settings, f"{TALLERES}.xls", buffer.getvalue())
    _, folder = _receive(settings)
    copy = openpyxl.load_workbook(folder / "correccion.xlsx")["Hoja1"]
    assert copy["E3"].comment is not None and copy["A2"].value == "T-1"
    assert copy["D3"].value == "=1+1" and copy["D3"].data_type == "s"


def test_a_csv_gets_its_bad_rows(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    text = ",".join(HEADER) + "\nT-1,01/07/2026,,UG,escuela,,21.1,-101.6\nT-2,x,,=HYPERLINK(1),escuela,,21.1,-101.6\n"
    _drop(settings, f"{TALLERES}.csv", text.encode())
    _, folder = _receive(settings)
    sheet = openpyxl.load_workbook(folder / "correccion.xlsx")["Filas por corregir"]
    assert [cell.value for cell in sheet[1]] == ["fila en su archivo", *HEADER]
    assert sheet.max_row == 2 and sheet["A2"].value == 3 and sheet["C2"].comment is not None
    assert sheet["E2"].value == "=HYPERLINK(1)" and sheet["E2"].data_type == "s"


def test_personal_exports_get_the_list_only(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    text = (
        "taller_id,asistente_id,nombre,telefono,correo,edad,sexo,colonia\n"
        "T-1,A-77,Rosa Jiménez,4775550101,rosa@leon.example,Rosa Jiménez,mujr,Centro\n"
        "T-1,A-78,Luis Ñáñez,4775550102,luis,30,hombre,Centro\n"
    )
    _drop(settings, "presupuesto_participativo/asistencia_talleres_2026T3.csv", text.encode())
    _, folder = _receive(settings)
    everything = b"".join(_members(folder / "correccion.xlsx").values())
    everything += b"".join((folder / name).read_bytes() for name in ("index.html", "resumen.txt", "errores.csv"))
    for secret in ("Rosa", "Jiménez", "4775550101", 'leon.example"', "A-77", "Luis"):
        assert secret.encode() not in everything, secret
    sheet = openpyxl.load_workbook(folder / "correccion.xlsx").active
    assert [cell.value for cell in sheet[1]] == [
        "Fila",
        "Celda",
        "Columna",
        "Qué pasa",
        "Se esperaba",
        "Cómo corregirlo",
    ]
    assert {row[:3] for row in sheet.iter_rows(min_row=2, values_only=True)} >= {(2, "F2", "edad"), (2, "G2", "sexo")}


def test_the_whole_list_is_a_csv_that_no_spreadsheet_runs(tmp_path: Path) -> None:
    import csv

    settings = _settings(tmp_path)
    rows: list[list[Any]] = [
        [f"T-{n}", "=1+1" if n % 2 else "@SUMA(1)", None, "-x", "=cmd|'/c calc'!A1", "Centro", -5, "+1"]
        for n in range(600)
    ]
    _drop(
        settings,
        f"{TALLERES}.csv",
        "\n".join(",".join(str(c or "") for c in row) for row in [list(HEADER), *rows]).encode(),
    )
    _, folder = _receive(settings)
    content = (folder / "errores.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert lines[0] == [
        "Fila",
        "Celda",
        "Columna",
        "Valor",
        "Qué pasa",
        "Se esperaba",
        "Cómo corregirlo",
        "Fila apartada",
    ]
    assert len(lines) - 1 == 600 * 4 and lines[1][:4] == ["2", "B2", "fecha_programada", "'@SUMA(1)"]
    assert not [cell for line in lines for cell in line if cell[:1] in tuple("=+-@\t\r")]
    page = Page(folder / "index.html").text
    assert "Se muestran las primeras 500 de 2,400. Todas están en errores.csv" in page


def test_a_bad_cell_is_named_as_a_spreadsheet_names_it(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    same = "T-1,01/07/2026,,UG,escuela,,,\n"
    _drop(settings, f"{TALLERES}.csv", (",".join(HEADER) + "\n" + same + same.replace("UG", "UNAM")).encode())
    _, folder = _receive(settings)
    assert "taller_id (A3)" in (folder / "resumen.txt").read_text()
    _drop(settings, "seguridad/incidencia_delictiva_2026T3.csv", (CRIMES + crime("1,2,x" + "," * 9)).encode())
    _, folder = _receive(settings)
    assert "Marzo (L2)" in (folder / "resumen.txt").read_text()


def test_refused_and_repeated_files_are_answered_too(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    path = _drop(settings, f"{TALLERES}.csv", b"taller,sede\n1,x\n")
    refused, folder = _receive(settings)
    page = Page(folder / "index.html")
    assert refused.state == "rejected" and "✖" in page.text and "¿quiso decir «taller_id»?" in page.text
    assert not (folder / "correccion.xlsx").exists()
    _drop(settings, f"{TALLERES}.xlsx", path.read_bytes())
    again, second = _receive(settings)
    assert again.state == "duplicate" and second.name == "talleres_2026T3_v0001_duplicado"
    assert "Ya se había rechazado" in (second / "resumen.txt").read_text().capitalize()
    _drop(settings, "presupuesto_participativo/que_es_esto.csv", b"x")
    unknown, third = _receive(settings)
    assert unknown.state == "rejected" and (third / "index.html").exists()


HEADLINE = {
    "none_accepted": "Recibido, pero ninguna fila se aceptó",
    "only_emptied": "Recibido, con celdas por revisar",
    "none_in_scope": "Recibido, pero ninguna fila es de León",
}
STATIONS = "station_id,station_name,station_code,network_name,lat,lon\n"


@pytest.mark.parametrize(
    ("path", "content", "headline"),
    [
        (f"{TALLERES}.csv", "taller_id,fecha_programada,sede,tipo_sede\nT1,no sé,UG,otro\n", "none_accepted"),
        ("medio_ambiente/estaciones_calidad_aire_2026T3.csv", f"{STATIONS}1,A,A,Puebla,19.0,-98.2\n", "none_in_scope"),
    ],
)
def test_a_file_of_which_nothing_counts_says_so(tmp_path: Path, path: str, content: str, headline: str) -> None:
    settings = _settings(tmp_path)
    _drop(settings, path, content.encode())
    receipt, folder = _receive(settings)
    assert (receipt.accepted, receipt.rows_read) == (0, 1)
    page, summary = Page(folder / "index.html").text, (folder / "resumen.txt").read_text()
    assert HEADLINE[headline] in page and HEADLINE[headline].upper() in summary
    for untrue in ("Se aceptaron", "lo aceptado", "se aceptaron"):
        assert untrue not in page + summary


def test_emptied_cells_alone_leave_no_row_to_mend(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    header = ["integrante_id", "ejercicio", "sector", "institucion", "nombre"]
    _drop(settings, "imju/comite_seleccion_2026T3.xlsx", sheet_of(header, ["C1", 2026, "universidad", "UG", "#DIV/0!"]))
    receipt, folder = _receive(settings)
    assert (receipt.accepted, receipt.quarantined) == (1, 0)
    assert HEADLINE["only_emptied"] in Page(folder / "index.html").text


def test_a_duplicate_of_what_was_refused_is_told_why_again(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    content = b"taller,sede\n1,x\n"
    _drop(settings, f"{TALLERES}.csv", content)
    _receive(settings)
    _drop(settings, f"{TALLERES}.xlsx", content)
    receipt, folder = _receive(settings)
    page = Page(folder / "index.html").text
    assert receipt.state == "duplicate" and "Ya se había rechazado" in page and "¿quiso decir «taller_id»?" in page
    assert "no tiene que hacer nada" not in page


def test_a_duplicate_of_an_older_version_is_told_which_one_stands(tmp_path: Path) -> None:
    settings, header = _settings(tmp_path), "taller_id,fecha_programada,sede,tipo_sede\n"
    for name, key in (("talleres_2026T3.csv", "T1"), ("talleres_2026-T3.csv", "T2"), ("talleres 2026 T3.csv", "T1")):
        _drop(settings, f"presupuesto_participativo/{name}", f"{header}{key},01/07/2026,UG,otro\n".encode())
        receipt, folder = _receive(settings)
    page = Page(folder / "index.html").text
    assert receipt.state == "duplicate" and receipt.version == 1
    assert "la vigente es la 2" in page and "no tiene que hacer nada" not in page


def test_same_outcome_same_bytes(tmp_path: Path) -> None:
    book = _book([GOOD, BAD])
    text = (",".join(HEADER) + "\nT-1,x,,,,,,\n").encode()
    written = []
    for name in ("a", "b"):
        settings = _settings(tmp_path / name)
        _drop(settings, f"{TALLERES}.xlsx", book)
        _drop(settings, "presupuesto_participativo/talleres_2026T2.csv", text)
        receive_inbox(settings)
        root = settings.layout.receipts
        written.append({str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()})
    assert len(written[0]) == 8 and written[0] == written[1]


@pytest.mark.servers
def test_the_page_in_a_browser(tmp_path: Path) -> None:
    """No horizontal scrolling on a phone, and no accessibility fault that axe knows of."""
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    settings = _settings(tmp_path)
    _drop(settings, f"{TALLERES}.xlsx", _book([GOOD, BAD]))
    _, folder = _receive(settings)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page(viewport={"width": 360, "height": 740}, bypass_csp=True)
        page.goto((folder / "index.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        results = Axe().run(page)
        assert results.violations_count == 0, results.generate_report()
        browser.close()


def test_the_text_says_what_to_do_before_it_lists_the_cells(office: Office) -> None:
    content = "mesa_id,titulo,eje,fecha_programada\nM-1,Uno,otro tema,01/07/2026\n"
    text = summary(office.deliver("imju/mesas_trabajo_2026T3.csv", content))
    places = [
        text.index(words) for words in ("NINGUNA FILA", "Archivo: ", "Qué hacer:", "Celdas por corregir", "Huella")
    ]
    assert places == sorted(places)
