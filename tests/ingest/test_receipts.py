"""The receipt: what its author reads, what goes back to be mended, and what never appears in it."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ingest.reading import LIST_HEADERS
from pamga.documents.deliveries import Receipt
from tests.documents import tree
from tests.servers import HANGS

from .conftest import Office, folder_of, page, summary
from .files import ods_of, parts_of, sheet_of, xls_of, zipped
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


def _saved(book: Any) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


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
    return _saved(book)


def _members(receipt: Receipt) -> dict[str, bytes]:
    """The parts of the workbook that goes back."""
    return parts_of(folder_of(receipt) / "correccion.xlsx")


def _correction(receipt: Receipt) -> Any:
    return openpyxl.load_workbook(folder_of(receipt) / "correccion.xlsx")


def _page(receipt: Receipt) -> Page:
    return Page(folder_of(receipt) / "index.html")


def _marked(sheet: Any) -> list[str]:
    return [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.comment]


def test_the_page_says_row_column_value_expectation_and_remedy(october: Office) -> None:
    receipt = october.deliver(f"{TALLERES}.xlsx", _book([GOOD, BAD]))
    root = october.settings.layout.root
    assert folder_of(receipt) == root / "receipts/presupuesto_participativo/talleres_2026T3_v0001"
    page = _page(receipt)
    assert ("html", {"lang": "es-MX"}) in page.tags
    assert [tag for tag, _ in page.tags].count("table") == [tag for tag, _ in page.tags].count("caption") == 4
    assert "▲" in page.text and "Recibido, con filas por corregir" in page.text
    lines = {row[2]: row for row in page.rows if row and row[0] == "5"}
    assert set(lines) == {"fecha_realizada", "tipo_sede", "latitud"}
    assert lines["fecha_realizada"][1::2][:2] == ["D5", "no sé"] and all(lines["tipo_sede"])
    assert "universidad_publica" in " ".join(lines["tipo_sede"])
    assert "Captura" in page.text and receipt.quarantined == 1
    said = summary(receipt)
    assert "Fila 5, tipo_sede" in said and "Aceptadas: 1" in said and "<" not in said


def test_delivered_text_never_becomes_markup(october: Office) -> None:
    row = ["T-9", "<script>alert(1)</script>", None, "x", "escuela", "", 21.1, -101.6]
    html = page(october.deliver(f"{TALLERES}.xlsx", _book([row])))
    assert "<script" not in html and "&lt;script&gt;" in html


def test_the_marked_copy_can_be_mended_and_dropped_again(october: Office) -> None:
    receipt = october.deliver(f"{TALLERES}.xlsx", _book([GOOD, BAD]))
    book = _correction(receipt)
    sheet = book["Captura"]
    assert _marked(sheet) == ["D5", "F5", "H5"]
    assert "universidad" in sheet["F5"].comment.text
    assert sheet["F5"].fill.start_color.rgb.endswith("FFE08A") and sheet["B4"].fill.fill_type is None
    assert sheet["E5"].value == "=1+1" and sheet["E5"].data_type == "s"
    assert b"<f>" not in _members(receipt)["xl/worksheets/sheet1.xml"]
    sheet["D5"], sheet["F5"], sheet["H5"] = None, "escuela", 21.1
    again = october.deliver(f"{TALLERES}.xlsx", _saved(book))
    assert (again.state, again.accepted, again.version) == ("accepted", 2, 2)


def test_what_the_contract_does_not_ask_for_does_not_go_back(october: Office) -> None:
    content = _book([[*BAD, "Rosa Jiménez, 477 555 0101"]], Contactos=[["Rosa Jiménez", "477 555 0101"]])
    book = openpyxl.load_workbook(io.BytesIO(content))
    book["Captura"]["J3"] = "capturó"
    book["Captura"]["A1"] = "Dudas: rosa@leon.example"
    book.properties.creator = "Rosa Jiménez"
    receipt = october.deliver(f"{TALLERES}.xlsx", _saved(book))
    everything = b"".join(_members(receipt).values()) + page(receipt).encode()
    for secret in ("Rosa", "0101", "rosa@"):
        assert secret.encode() not in everything
    assert _correction(receipt).sheetnames == ["Captura", "Lista de errores"]


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
    october: Office, member: str, was: bytes, becomes: bytes
) -> None:
    """Spreadsheet programs and our reader pass over such details; openpyxl fails at each in a way of its own."""
    parts = parts_of(_book([GOOD, BAD]))
    assert was in parts[member]
    spoilt = zipped(io.BytesIO(), parts | {member: parts[member].replace(was, becomes)})
    receipt = october.deliver(f"{TALLERES}.xlsx", spoilt.getvalue())
    assert (receipt.state, receipt.accepted) == ("accepted_with_rejects", 1)
    sheet = _correction(receipt)["Captura"]
    assert _marked(sheet) == ["D5", "F5", "H5"] and sheet["B4"].value == "T-1"
    assert october.receive() == []


def test_a_bad_cell_is_not_sent_back_hidden(october: Office) -> None:
    book = openpyxl.load_workbook(io.BytesIO(_book([GOOD, BAD])))
    sheet = book["Captura"]
    sheet.row_dimensions[4].hidden = sheet.row_dimensions[5].hidden = True
    sheet.column_dimensions.group("F", "H", hidden=True)
    sheet = _correction(october.deliver(f"{TALLERES}.xlsx", _saved(book)))["Captura"]
    assert [row for row, facts in sheet.row_dimensions.items() if facts.hidden] == [4]
    assert not any(facts.hidden for facts in sheet.column_dimensions.values())


def test_characters_that_no_workbook_holds(october: Office) -> None:
    header = "mesa_id,titulo,eje,fecha_programada\n"
    receipt = october.deliver("imju/mesas_trabajo_2026T3.csv", f"{header}M1,a\ufffeb\uffff,x\ufffey,01/08/2026\n")
    for content in _members(receipt).values():
        text = content.decode()
        assert "\ufffe" not in text and "\uffff" not in text
    assert _correction(receipt).active["B2"].value == "M1"


def test_a_sheet_name_that_excel_forbids(october: Office) -> None:
    name = "Talleres 2026/T3: una hoja con un nombre largo"
    book = _correction(october.deliver(f"{TALLERES}.ods", ods_of(HEADER, list(map(str, BAD)), name=name)))
    assert book.sheetnames == ["Talleres 2026 T3  una hoja con ", "Lista de errores"]
    assert book.worksheets[0]["E2"].comment is not None


def test_xls_comes_back_as_xlsx(october: Office) -> None:
    copy = _correction(october.deliver(f"{TALLERES}.xls", xls_of(HEADER, GOOD, BAD)))["Datos"]
    assert copy["E3"].comment is not None and copy["A2"].value == "T-1"
    assert copy["D3"].value == "=1+1" and copy["D3"].data_type == "s"


def test_a_csv_gets_its_bad_rows(october: Office) -> None:
    text = ",".join(HEADER) + "\nT-1,01/07/2026,,UG,escuela,,21.1,-101.6\nT-2,x,,=HYPERLINK(1),escuela,,21.1,-101.6\n"
    sheet = _correction(october.deliver(f"{TALLERES}.csv", text))["Filas por corregir"]
    assert [cell.value for cell in sheet[1]] == ["fila en su archivo", *HEADER]
    assert sheet.max_row == 2 and sheet["A2"].value == 3 and sheet["C2"].comment is not None
    assert sheet["E2"].value == "=HYPERLINK(1)" and sheet["E2"].data_type == "s"


def test_personal_exports_get_the_list_only(october: Office) -> None:
    text = (
        "taller_id,asistente_id,nombre,telefono,correo,edad,sexo,colonia\n"
        "T-1,A-77,Rosa Jiménez,4775550101,rosa@leon.example,Rosa Jiménez,mujr,Centro\n"
        "T-1,A-78,Luis Ñáñez,4775550102,luis,30,hombre,Centro\n"
    )
    receipt = october.deliver("presupuesto_participativo/asistencia_talleres_2026T3.csv", text)
    everything = b"".join(_members(receipt).values())
    everything += b"".join((folder_of(receipt) / n).read_bytes() for n in ("index.html", "resumen.txt", "errores.csv"))
    for secret in ("Rosa", "Jiménez", "4775550101", 'leon.example"', "A-77", "Luis"):
        assert secret.encode() not in everything, secret
    sheet = _correction(receipt).active
    assert [cell.value for cell in sheet[1]] == [name for name in LIST_HEADERS if name != "Valor"]
    assert {row[:3] for row in sheet.iter_rows(min_row=2, values_only=True)} >= {(2, "F2", "edad"), (2, "G2", "sexo")}


def test_the_whole_list_is_a_csv_that_no_spreadsheet_runs(october: Office) -> None:
    rows = [
        [f"T-{n}", "=1+1" if n % 2 else "@SUMA(1)", "", "-x", "=cmd|'/c calc'!A1", "Centro", "-5", "+1"]
        for n in range(600)
    ]
    receipt = october.deliver(f"{TALLERES}.csv", "\n".join(map(",".join, [HEADER, *rows])))
    content = (folder_of(receipt) / "errores.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert lines[0] == [*LIST_HEADERS, "Fila apartada"]
    assert len(lines) - 1 == 600 * 4 and lines[1][:4] == ["2", "B2", "fecha_programada", "'@SUMA(1)"]
    assert not [cell for line in lines for cell in line if cell[:1] in tuple("=+-@\t\r")]
    assert "Se muestran las primeras 500 de 2,400. Todas están en errores.csv" in _page(receipt).text


def test_a_bad_cell_is_named_as_a_spreadsheet_names_it(october: Office) -> None:
    same = "T-1,01/07/2026,,UG,escuela,,,\n"
    text = ",".join(HEADER) + "\n" + same + same.replace("UG", "UNAM")
    assert "taller_id (A3)" in summary(october.deliver(f"{TALLERES}.csv", text))
    months = CRIMES + crime("1,2,x" + "," * 9)
    assert "Marzo (L2)" in summary(october.deliver("seguridad/incidencia_delictiva_2026T3.csv", months))


def test_refused_and_repeated_files_are_answered_too(october: Office) -> None:
    content = "taller,sede\n1,x\n"
    refused = october.deliver(f"{TALLERES}.csv", content)
    said = _page(refused).text
    assert refused.state == "rejected" and "✖" in said and "¿quiso decir «taller_id»?" in said
    assert not (folder_of(refused) / "correccion.xlsx").exists()
    again = october.deliver(f"{TALLERES}.xlsx", content)
    assert again.state == "duplicate" and folder_of(again).name == "talleres_2026T3_v0001_duplicado"
    said = _page(again).text
    assert "Ya se había rechazado" in said and "¿quiso decir «taller_id»?" in said, "it is told why again"
    assert "Ya se había rechazado" in summary(again).capitalize() and "no tiene que hacer nada" not in said
    unknown = october.deliver("presupuesto_participativo/que_es_esto.csv", "x")
    assert unknown.state == "rejected" and page(unknown)


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
def test_a_file_of_which_nothing_counts_says_so(october: Office, path: str, content: str, headline: str) -> None:
    receipt = october.deliver(path, content)
    assert (receipt.accepted, receipt.rows_read) == (0, 1)
    html, text = _page(receipt).text, summary(receipt)
    assert HEADLINE[headline] in html and HEADLINE[headline].upper() in text
    for untrue in ("Se aceptaron", "lo aceptado", "se aceptaron"):
        assert untrue not in html + text


def test_emptied_cells_alone_leave_no_row_to_mend(october: Office) -> None:
    header = ["integrante_id", "ejercicio", "sector", "institucion", "nombre"]
    content = sheet_of(header, ["C1", 2026, "universidad", "UG", "#DIV/0!"])
    receipt = october.deliver("imju/comite_seleccion_2026T3.xlsx", content)
    assert (receipt.accepted, receipt.quarantined) == (1, 0)
    assert HEADLINE["only_emptied"] in _page(receipt).text


def test_a_duplicate_of_an_older_version_is_told_which_one_stands(october: Office) -> None:
    header = "taller_id,fecha_programada,sede,tipo_sede\n"
    for name, key in (("talleres_2026T3.csv", "T1"), ("talleres_2026-T3.csv", "T2"), ("talleres 2026 T3.csv", "T1")):
        receipt = october.deliver(f"presupuesto_participativo/{name}", f"{header}{key},01/07/2026,UG,otro\n")
    said = _page(receipt).text
    assert receipt.state == "duplicate" and receipt.version == 1
    assert "la vigente es la 2" in said and "no tiene que hacer nada" not in said


def test_same_outcome_same_bytes(make_office: Callable[..., Office]) -> None:
    book = _book([GOOD, BAD])
    written = []
    for name in ("a", "b"):
        office = make_office(name)
        office.drop(f"{TALLERES}.xlsx", book)
        office.drop("presupuesto_participativo/talleres_2026T2.csv", ",".join(HEADER) + "\nT-1,x,,,,,,\n")
        office.receive()
        written.append(tree(office.settings.layout.receipts))
    assert len(written[0]) == 8 and written[0] == written[1]


@pytest.mark.servers
def test_the_page_in_a_browser(october: Office) -> None:
    """No horizontal scrolling on a phone, and no accessibility fault that axe knows of."""
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    receipt = october.deliver(f"{TALLERES}.xlsx", _book([GOOD, BAD]))
    long = october.deliver(f"{TALLERES} <b>copia{'_larguisima' * 8}.csv", "a;b\n1;2\n")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page(viewport={"width": 360, "height": 740}, bypass_csp=True)
        page.set_default_timeout(HANGS * 1000)
        page.goto((folder_of(receipt) / "index.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.goto((folder_of(long) / "index.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.goto((folder_of(receipt) / "index.html").as_uri())
        results = Axe().run(page)
        assert results.violations_count == 0, results.generate_report()
        browser.close()


def test_the_text_says_what_to_do_before_it_lists_the_cells(office: Office) -> None:
    content = "mesa_id,titulo,eje,fecha_programada\nM-1,Uno,otro tema,01/07/2026\n"
    text = summary(office.deliver("imju/mesas_trabajo_2026T3.csv", content))
    words = ("NINGUNA FILA", "Archivo: ", "Qué hacer:", "Celdas por corregir", "Huella")
    places = [text.index(word) for word in words]
    assert places == sorted(places)


def test_a_form_is_mended_where_it_was_drawn(office: Office) -> None:
    named = {"Id": 1, "NOMBRE": "Tianguis", "COLONIA": "Centro", "DIA": "Lunes", "CALLE": "A"}
    drawn = {"type": "LineString", "coordinates": [[-101.68, 21.12], [-101.681, 21.121]]}
    features = [
        {"type": "Feature", "properties": named, "geometry": drawn},
        {"type": "Feature", "properties": named | {"Id": 2}, "geometry": None},
    ]
    layer = json.dumps({"type": "FeatureCollection", "features": features})
    text = summary(office.deliver("economia/tianguis_2026T3.geojson", layer))
    assert "Aceptadas: 1" in text and "Corrija los elementos señalados en su programa de mapas" in text
    assert "Exporte la capa completa como GeoJSON" in text


def test_whoever_has_something_to_look_at_is_not_told_to_do_nothing(office: Office) -> None:
    header = "mesa_id,titulo,eje,fecha_programada,fecha_realizada,asistentes,mujeres,hombres,acta_url"
    row = "\nM-1,Uno,emprendimiento,01/07/2026,13/07/2026,,,,"
    whole = summary(office.deliver("imju/mesas_trabajo_2026T3.csv", f"{header}{row}\n"))
    assert "No tiene que hacer nada más" in whole
    more = summary(office.deliver("imju/mesas_trabajo_2026T3.csv", f"{header},otra{row},x\n"))
    assert "Abajo hay algo que conviene revisar" in more and "No tiene que hacer nada más" not in more
