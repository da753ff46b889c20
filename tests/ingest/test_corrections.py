"""What goes back to be mended, dropped again, gives the same rows as the original with the mended cells."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ingest.landing import Identity
from ingest.receipts.correction import _is_light
from pamga.documents.deliveries import Receipt

from .conftest import Office, folder_of, killed_at, page, summary
from .files import CASES, ods_cell, ods_of, parts_of, sheet_of, xls_of, zipped

EVENTOS = "presupuesto_participativo/eventos_mbh_2026T3"
DAY = dt.date(2026, 10, 10)


def correction(receipt: Receipt) -> Path:
    return folder_of(receipt) / "correccion.xlsx"


def stands(office: Office, export: str = "eventos_mbh", dependencia: str = "presupuesto_participativo") -> Any:
    newest = office.stands(Identity(export, "2026T3", dependencia))
    return newest.stored() if newest else None


def mended(receipt: Receipt, mend: Callable[[Any], None]) -> bytes:
    """The correction that was given back, mended as a person would: opened, typed into, saved."""
    book = openpyxl.load_workbook(correction(receipt))
    mend(book.worksheets[0])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def marked(sheet: Any) -> dict[tuple[int, str], Any]:
    """(row of the sheet, header) -> the cells that the copy marks."""
    head = next(row for row in sheet.iter_rows() if sum(cell.value is not None for cell in row) > 2)
    names = {cell.column: str(cell.value) for cell in head if cell.value is not None}
    return {(c.row, names[c.column]): c for row in sheet.iter_rows() for c in row if c.comment is not None}


# ---- the cases of the catalogue ----------------------------------------------------------------------------------------


def test_the_filled_sheet_of_rows_is_merged_by_row(october: Office) -> None:
    """Cases 20 and 20b: 250 rows stay 250."""
    first = october.deliver(f"{EVENTOS}.csv", (CASES / "ingest/20_csv_250_filas_v1__eventos_mbh.csv").read_bytes())
    assert (first.rows_read, first.quarantined) == (250, 2)
    sheet = (CASES / "ingest/20b_su_correccion_llenada_v2__eventos_mbh.xlsx").read_bytes()
    receipt = october.deliver(f"{EVENTOS}.xlsx", sheet)
    assert (receipt.state, receipt.rows_read, receipt.accepted) == ("accepted", 250, 250)
    rows = october.table(receipt)
    before = october.table(first)
    assert rows.filter(~pl.col("fila").is_in([11, 21, 31])).equals(before.filter(pl.col("fila") != 31))
    assert rows.filter(pl.col("fila").is_in([11, 31]))["fecha"].to_list() == [
        dt.date(2026, 7, 10),
        dt.date(2026, 7, 20),
    ]
    assert stands(october)["corrects"] == {"version": 1, "applied_to": 1}
    assert "se cambiaron 3 celdas en 3 filas" in summary(receipt)


@pytest.mark.parametrize("name", [f"{EVENTOS}.xlsx", f"{EVENTOS}_correccion.xlsx"])
def test_the_sheet_alone_is_refused_with_the_way_out(october: Office, name: str) -> None:
    receipt = october.deliver(name, (CASES / "ingest/20b_su_correccion_llenada_v2__eventos_mbh.xlsx").read_bytes())
    assert receipt.state == "rejected" and "trae solo filas por corregir" in receipt.reasons[0]
    assert "Entregue el archivo completo" in receipt.reasons[0]


def test_a_key_of_ten_digits_is_shown_and_comes_back(october: Office) -> None:
    """Case 19."""
    name = "19_clave_de_10_cifras_repetida__eventos_mbh.xlsx"
    first = october.deliver(f"{EVENTOS}.xlsx", (CASES / "ingest" / name).read_bytes())
    assert october.table(first)["evento_id"].to_list() == ["2026000124"]

    def mend(sheet: Any) -> None:
        assert [sheet["A2"].value, sheet["A3"].value] == ["2026000123", "2026000123"]
        sheet["A3"].value = "2026000125"

    receipt = october.deliver(f"{EVENTOS}_correccion.xlsx", mended(first, mend))
    assert october.table(receipt)["evento_id"].to_list() == ["2026000123", "2026000125", "2026000124"]
    assert "oculto" not in summary(first) + page(first)


def test_a_merged_range_without_end_does_not_hang_the_copy(october: Office) -> None:
    content = (CASES / "poison/2_merge_capacitaciones_2025T2.xlsx").read_bytes()
    receipt = october.deliver("unidad_transparencia/capacitaciones_2025T2.xlsx", content)
    assert receipt.state == "rejected" and "celdas combinadas" in receipt.reasons[0]
    header = ["taller_id", "fecha_programada", "fecha_realizada", "sede", "tipo_sede"]
    rows = ["T-1", dt.date(2026, 7, 1), None, "UG", "escuela"], ["T-2", "x", None, "UG", "escuela"]
    parts = parts_of(sheet_of(header, *rows))
    for merge in (b"<mergeCell ref='G9:ZZ300'/>", b'<mergeCell ref="G9:H9"/>' * 60_000):
        merged = b"</sheetData><mergeCells>" + merge + b"</mergeCells>"
        sheet = parts["xl/worksheets/sheet1.xml"].replace(b"</sheetData>", merged)
        wide = zipped(october.settings.data / "ancho.xlsx", parts | {"xl/worksheets/sheet1.xml": sheet})
        assert not _is_light(wide)
        receipt = october.deliver("presupuesto_participativo/talleres_2026T3.xlsx", wide.read_bytes())
        assert (receipt.state, receipt.quarantined) == ("accepted_with_rejects", 1)
        assert (3, "fecha_programada") in marked(openpyxl.load_workbook(correction(receipt)).worksheets[0])


# ---- the sheet of rows -------------------------------------------------------------------------------------------------

HEAD = "evento_id,fecha,colonia,funcionarios_seguridad,operadores_sac\n"


def eventos(*rows: str) -> str:
    return HEAD + "".join(f"{row}\n" for row in rows)


BODY = eventos(
    "001,01/07/2026,Llamar al 477 123 4567,1,1",
    "002,31/02/2026,Centro,1,1",
    "003,03/07/2026,Centro,uno,1",
    "004,04/07/2026,Centro,1,1",
    "004,05/07/2026,Las Joyas,1,1",
    "006,06/07/2026",
    "007,07/07/2026,Ana: 477 765 4321,x,1",
)


def test_rows_are_mended_taken_out_added_and_retyped(october: Office) -> None:
    first = october.deliver(f"{EVENTOS}.csv", BODY)
    assert (first.rows_read, first.accepted) == (7, 1)

    def mend(sheet: Any) -> None:
        rows = {row[0].value: row for row in sheet.iter_rows(min_row=2)}
        assert sorted(rows) == [3, 4, 5, 6, 7, 8]
        rows[3][2].value = "28/02/2026"
        rows[4][4].value = 1
        for cell, value in zip(rows[7][1:], ["006", "06/07/2026", "Centro", "2", "0"], strict=True):
            cell.value = value
        rows[8][4].value = "3"
        assert rows[8][3].value == "Ana: [teléfono oculto]"
        sheet.append([None, "008", "08/07/2026", "Centro", "1", "1"])
        sheet.delete_rows(rows[6][0].row)

    receipt = october.deliver(f"{EVENTOS}_correccion.xlsx", mended(first, mend))
    rows = october.table(receipt)
    assert rows["evento_id"].to_list() == ["001", "002", "003", "004", "006", "007", "008"]
    assert rows["fila"].to_list() == [2, 3, 4, 5, 7, 8, 9]
    assert rows["colonia"][0] == "Llamar al [teléfono oculto]" and rows["colonia"][5] == "Ana: [teléfono oculto]"
    assert rows["funcionarios_seguridad"].to_list() == [1, 1, 1, 1, 2, 3, 1]
    assert (receipt.state, receipt.rows_read) == ("accepted", 7)
    said = summary(receipt)
    assert "se quitó 1 fila repetida" in said and "se agregó 1 fila nueva, numerada después de la última" in said


def test_what_nobody_mended_stays_a_bad_cell(october: Office) -> None:
    first = october.deliver(f"{EVENTOS}.csv", BODY)
    receipt = october.deliver(f"{EVENTOS}_correccion.xlsx", mended(first, lambda sheet: None))
    assert october.rules(receipt) == october.rules(first) and october.table(receipt).equals(october.table(first))


def test_what_cannot_be_read_in_the_sheet_is_no_empty_cell(october: Office) -> None:
    first = october.deliver(
        f"{EVENTOS}.csv", eventos("001,01/07/2026,Centro,1,1", "002,x,Centro,1,1", "003,y,Joyas,1,1")
    )

    def spoil(sheet: Any) -> None:
        sheet["C2"].value = "02/07/2026"
        sheet["D2"].value = "=A1"  # an optional column, and nobody calculated it
        sheet["C3"].value = "03/07/2026"
        sheet["D3"].value = "#N/A"

    receipt = october.deliver(f"{EVENTOS}_correccion.xlsx", mended(first, spoil))
    assert october.rules(receipt) == [(3, "colonia", "no_legible"), (4, "colonia", "no_legible")]
    assert (receipt.accepted, receipt.quarantined) == (1, 2)


def test_a_correction_of_a_correction(october: Office) -> None:
    first = october.deliver(f"{EVENTOS}.csv", BODY)
    second = october.deliver(f"{EVENTOS}_correccion.xlsx", mended(first, lambda s: _type(s, 3, 2, "28/02/2026")))
    assert second.accepted == 2
    third = october.deliver(f"{EVENTOS}_correccion_2.xlsx", mended(second, lambda s: _type(s, 4, 4, "1")))
    assert third.accepted == 3
    again = october.deliver(f"{EVENTOS}_correccion_3.xlsx", mended(first, lambda s: _type(s, 8, 4, "5")))
    assert again.accepted == 4, "the first sheet goes onto what was mended since"
    assert october.table(again)["evento_id"].to_list() == ["001", "002", "003", "007"]
    assert stands(october)["corrects"] == {"version": 1, "applied_to": 3}


def _type(sheet: Any, fila: int, column: int, value: Any) -> None:
    row = next(row for row in sheet.iter_rows(min_row=2) if row[0].value == fila)
    row[column].value = value


def test_a_sheet_of_an_older_file_does_not_bring_it_back(october: Office) -> None:
    first = october.deliver(f"{EVENTOS}.csv", BODY)
    october.deliver(f"{EVENTOS}.csv", eventos("001,01/07/2026,Centro,1,1", "009,09/07/2026,Centro,z,1"))
    receipt = october.deliver(f"{EVENTOS}_correccion.xlsx", mended(first, lambda s: _type(s, 3, 2, "28/02/2026")))
    assert receipt.state == "rejected" and "después se recibió otro archivo completo" in receipt.reasons[0]
    assert stands(october)["version"] == 2


def test_rows_of_another_version_are_never_mixed_up(october: Office) -> None:
    """Two files with bad cells in the same rows: the sheet is known by what its rows say."""
    first = october.deliver(f"{EVENTOS}.csv", eventos("A,x,Centro,1,1", "B,y,Centro,2,2", "C,01/07/2026,Centro,3,3"))
    second = october.deliver(f"{EVENTOS}.csv", eventos("P,x,Joyas,5,6", "Q,y,Joyas,6,5", "R,01/07/2026,Joyas,7,8"))
    old = october.deliver(f"{EVENTOS}_correccion.xlsx", mended(first, lambda s: _type(s, 2, 2, "02/07/2026")))
    assert old.state == "rejected"
    new = october.deliver(f"{EVENTOS}_correccion_2.xlsx", mended(second, lambda s: _type(s, 2, 2, "02/07/2026")))
    assert october.table(new)["evento_id"].to_list() == ["P", "R"]


@pytest.mark.parametrize("number", [99, "tres", 3])
def test_a_row_number_that_is_none_of_the_file_s_is_refused(october: Office, number: Any) -> None:
    first = october.deliver(f"{EVENTOS}.csv", BODY)

    def spoil(sheet: Any) -> None:
        sheet["A3"].value = number

    receipt = october.deliver(f"{EVENTOS}_correccion.xlsx", mended(first, spoil))
    assert receipt.state == "rejected" and (
        "fila en su archivo" in receipt.reasons[0] or "filas por corregir" in receipt.reasons[0]
    )


def test_the_original_that_retention_took_cannot_be_merged(october: Office) -> None:
    first = october.deliver(f"{EVENTOS}.csv", BODY)
    for path in october.settings.layout.vault.glob("??/*.enc"):
        path.unlink()
    receipt = october.deliver(f"{EVENTOS}_correccion.xlsx", mended(first, lambda s: _type(s, 3, 2, "28/02/2026")))
    assert receipt.state == "rejected" and "ya no se conserva" in receipt.reasons[0]


@pytest.mark.parametrize("separator", [",", ";"])
def test_the_sheet_saved_as_csv_is_known_too(october: Office, separator: str) -> None:
    first = october.deliver(f"{EVENTOS}.csv", BODY)
    sheet = openpyxl.load_workbook(correction(first)).worksheets[0]
    buffer = io.StringIO()
    for row in sheet.iter_rows(values_only=True):
        cells = ["28/02/2026" if cell == "31/02/2026" else "" if cell is None else cell for cell in row]
        csv.writer(buffer, delimiter=separator).writerow(cells)
    receipt = october.deliver(f"{EVENTOS}_correccion.csv", buffer.getvalue())
    assert october.table(receipt)["evento_id"].to_list() == ["001", "002"] and receipt.rows_read == 7


def test_a_key_shown_with_its_zeros_comes_back_with_them(october: Office) -> None:
    """A whole number that its format shows as 0012, in an XLS."""
    rows = [[(key, "0000"), day, "Centro", 1, 1] for key, day in ((12, dt.date(2026, 7, 1)), (13, "mal"))]
    first = october.deliver(f"{EVENTOS}.xls", xls_of(HEAD.strip().split(","), *rows))
    before = october.table(first)["evento_id"].to_list() if first.accepted else ["0012"]

    def mend(sheet: Any) -> None:
        for cell in marked(sheet).values():
            cell.value = "02/07/2026"

    receipt = october.deliver(f"{EVENTOS}_correccion.xlsx", mended(first, mend))
    keys = october.table(receipt)["evento_id"].to_list()
    assert keys[0] == before[0] and len(keys) == 2 and keys[1] == before[0].replace("12", "13")


def test_a_killed_run_merges_once(october: Office) -> None:
    first = october.deliver(f"{EVENTOS}.csv", BODY)
    october.drop(f"{EVENTOS}_correccion.xlsx", mended(first, lambda s: _type(s, 3, 2, "28/02/2026")))

    with killed_at("ingest.receive.Registry.record"):
        october.receive()
    (receipt,) = october.receive()
    assert (receipt.version, receipt.accepted, len(october.manifests())) == (2, 2, 2)


def test_the_list_of_errors_is_no_delivery(october: Office) -> None:
    head = "taller_id,asistente_id,nombre,edad\n"
    path = "presupuesto_participativo/asistencia_talleres_2026T3"
    first = october.deliver(f"{path}.csv", head + "T1,P1,Ana Ruiz,treinta\nT1,P2,Luis Paz,30\n")
    receipt = october.deliver(f"{path}.xlsx", correction(first).read_bytes())
    assert receipt.state == "rejected" and "es la lista de celdas por corregir" in receipt.reasons[0]


def test_single_rows_with_personal_data_are_not_received(october: Office) -> None:
    path = "presupuesto_participativo/asistencia_talleres_2026T3"
    october.deliver(f"{path}.csv", "taller_id,asistente_id,nombre,edad\nT1,P1,Ana Ruiz,treinta\nT1,P2,Luis Paz,30\n")
    rows = "fila en su archivo,taller_id,asistente_id,nombre,edad\n2,T1,P1,Ana Ruiz,30\n"
    receipt = october.deliver(f"{path}_correccion.csv", rows)
    assert receipt.state == "rejected" and "Corrija su archivo original" in receipt.reasons[0]
    assert stands(october, "asistencia_talleres")["accepted"] == 1


def _layer(rows: Sequence[dict[str, Any]]) -> str:
    """A layer of features with these properties, one beside the other."""

    def feature(place: int, properties: dict[str, Any]) -> dict[str, Any]:
        x = -101.8 + place / 50
        ring = [[[x, 21.1], [x + 0.01, 21.1], [x + 0.01, 21.11], [x, 21.1]]]
        geometry = {"type": "MultiPolygon", "coordinates": [ring]}
        return {"type": "Feature", "properties": properties, "geometry": geometry}

    return json.dumps({"type": "FeatureCollection", "features": [feature(*each) for each in enumerate(rows)]})


def test_the_rows_of_a_layer_come_back_onto_its_shapes(october: Office) -> None:
    rows = [
        {"ID": n, "NOMBRE": name, "CLASIFICAC": 1, "CP": "37000"}
        for n, name in ((1, "Centro"), ("dos", "Las Joyas"), (3, None))
    ]
    first = october.deliver("implan/colonias_2026T3.geojson", _layer(rows))
    assert first.accepted == 1

    def mend(sheet: Any) -> None:
        for (_, name), cell in marked(sheet).items():
            cell.value = {"ID": 2, "NOMBRE": "San Juan"}[name]

    receipt = october.deliver("implan/colonias_2026T3_correccion.xlsx", mended(first, mend))
    rows[1]["ID"], rows[2]["NOMBRE"] = 2, "San Juan"
    right = Office(october.settings.data.parent / "right", hoy=DAY)
    expected = right.deliver("implan/colonias_2026T3.geojson", _layer(rows))
    assert october.table(receipt).equals(right.table(expected)) and receipt.accepted == 3


MONTHS = "Enero,Febrero,Marzo,Abril,Mayo,Junio,Julio,Agosto,Septiembre,Octubre,Noviembre,Diciembre"
CRIMES = "Año,Cve. Municipio,Bien jurídico afectado,Tipo de delito,Subtipo de delito,Modalidad," + MONTHS
STATIONS = "station_id,station_name,station_code,lat,lon,network_name"
POSTAL = "{}|{}|Colonia|{}|Guanajuato|León|37001|11|37001||02|{}|Urbano|05"


@pytest.mark.parametrize(
    ("path", "lines", "mends", "column", "right"),
    [
        (
            "seguridad/incidencia_delictiva_2026T3.csv",
            [CRIMES, "2026,11020,P,Robo,Casa,Con,1,2,x,4,5,6,7,8,9,,,", "2026,11020,P,Robo,Casa,Sin,1,2,3,4,5,6,7,8,9,,,",
             "2026,11001,P,Robo,Casa,Sin,1,2,3,4,5,6,7,8,9,,,"],
            {"Marzo": 30}, "casos", [1, 2, 30, *range(4, 10), *range(1, 10)],
        ),
        (
            "medio_ambiente/estaciones_calidad_aire_2026T3.csv",
            [STATIONS, "1,Norte,N,21.1,-101.6,León", "2,Sur,S,91.1,-101.6,León", "3,Otra,O,20.5,-101.1,Salamanca"],
            {"lat": 21.2}, "latitud", [21.1, 21.2],
        ),
        (
            "implan/codigos_postales_2026T3.txt",
            [POSTAL.format("37000", "Centro", "León", "0001"), POSTAL.format("3701X", "Joyas", "León", "0002"),
             POSTAL.format("36000", "Otro", "Guanajuato", "0003")],
            {"codigo_postal": "37010"}, "codigo_postal", ["37000", "37010"],
        ),
    ],
    ids=["months side by side", "rows of other places", "columns by position"],
)  # fmt: skip
def test_layouts_of_other_bodies_come_back_too(
    october: Office, path: str, lines: list[str], mends: dict[str, Any], column: str, right: list[Any]
) -> None:
    first = october.deliver(path, "\n".join([*lines, ""]))
    assert (first.quarantined, first.out_of_scope) == (1, 1), october.rules(first)

    def mend(sheet: Any) -> None:
        for (_, name), cell in marked(sheet).items():
            cell.value = mends[name]

    receipt = october.deliver(path.rpartition(".")[0] + "_correccion.xlsx", mended(first, mend))
    assert (receipt.state, receipt.rows_read, receipt.out_of_scope) == ("accepted", first.rows_read, 1)
    assert october.table(receipt)[column].to_list() == right


# ---- masks -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["[teléfono oculto]", "Llamar a [correo oculto] o al [teléfono oculto]", "[CURP oculta]"]
)
@pytest.mark.parametrize("column", ["evento_id", "colonia", "dependencias_presentes"])
def test_a_masked_text_never_lands(october: Office, column: str, text: str) -> None:
    row = {"evento_id": "E1", "fecha": "01/07/2026", "colonia": "Centro", "funcionarios_seguridad": "1",
           "operadores_sac": "1", "dependencias_presentes": "Obra Pública"} | {column: text}  # fmt: skip
    body = (
        ",".join(row)
        + "\n"
        + ",".join(row.values())
        + "\nE2"
        + ",".join(["", *list(row.values())[1:2], "Centro,1,1,\n"])
    )
    receipt = october.deliver(f"{EVENTOS}.csv", body)
    assert october.rules(receipt) == [(2, column, "no_legible")]
    assert october.table(receipt)["evento_id"].to_list() == ["E2"] and "quite la marca" in summary(receipt)


def test_nobody_is_told_apart_by_a_mask(october: Office) -> None:
    head = "taller_id,asistente_id,nombre,telefono,edad\n"
    receipt = october.deliver(
        "presupuesto_participativo/asistencia_talleres_2026T3.csv",
        head + "T1,[CURP oculta],Ana Ruiz,4771234567,30\nT1,P2,[teléfono oculto],[teléfono oculto],31\n",
    )
    assert (2, "asistente_id", "no_legible") in october.rules(receipt) and receipt.accepted == 1


# ---- every format ------------------------------------------------------------------------------------------------------

COLUMNS = ["proyecto_id", "nombre", "tipo_espacio", "financiado", "ejercicio_fiscal", "monto_mxn", "votos",
           "avance_fisico_pct", "fecha_inicio", "fecha_entrega"]  # fmt: skip
Row = dict[str, Any]
BAD: dict[str, Any] = {
    "proyecto_id": None, "tipo_espacio": "jardincito", "financiado": "tal vez", "ejercicio_fiscal": "dos mil",
    "monto_mxn": "mucho dinero", "votos": "x", "avance_fisico_pct": "casi todo", "fecha_inicio": "31/02/2026",
    "fecha_entrega": "ayer",
}  # fmt: skip


def _kinds() -> list[str]:
    from ingest.contract import load_contract

    return list(load_contract("proyectos_pp").column("tipo_espacio").valores)


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Row], list[tuple[int, str]]]:
    """Good rows, and which of their cells were typed wrong."""
    count = draw(st.integers(2, 6))
    days = st.dates(dt.date(2026, 1, 1), dt.date(2026, 9, 30))
    rows = [
        {
            "proyecto_id": draw(st.sampled_from(["{:04d}", "477123{:04d}", "PP-{}", "2026/{}"])).format(number),
            "nombre": draw(
                st.sampled_from(["Parque Hidalgo", "=Plaza", "Tel. 477 123 4567", "Ana <ana@leon.mx>", "Ñandú 1.0"])
            ),
            "tipo_espacio": draw(st.sampled_from(_kinds())),
            "financiado": draw(st.booleans()),
            "ejercicio_fiscal": draw(st.integers(2025, 2027)),
            "monto_mxn": draw(
                st.one_of(st.none(), st.integers(0, 5_000_000), st.sampled_from([350.125, 1234567.5, 0.5]))
            ),
            "votos": draw(st.one_of(st.none(), st.integers(0, 9999))),
            "avance_fisico_pct": draw(st.one_of(st.none(), st.sampled_from([0.85, 1, 0.125, 0.07]))),
            "fecha_inicio": draw(st.one_of(st.none(), days)),
            "fecha_entrega": draw(st.one_of(st.none(), days)),
        }
        for number in range(1, count + 1)
    ]
    wrong = draw(
        st.lists(
            st.tuples(st.integers(0, count - 1), st.sampled_from(sorted(BAD))), min_size=1, max_size=4, unique=True
        )
    )
    return rows, wrong


def _typed(row: Row, name: str) -> Any:
    """The cell as a person types it in a text file."""
    value = row[name]
    if isinstance(value, bool):
        return "Sí" if value else "No"
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}"
    if name == "avance_fisico_pct" and isinstance(value, float | int):
        return f"{value * 100:.13g}"
    return "" if value is None else str(value)


def _text_file(rows: Sequence[Row], cells: Callable[[int, str], Any], separator: str) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=separator)
    writer.writerow(COLUMNS)
    for number, row in enumerate(rows):
        writer.writerow([_typed({**row, name: cells(number, name)}, name) for name in COLUMNS])
    return buffer.getvalue().encode()


def _xlsx(rows: Sequence[Row], cells: Callable[[int, str], Any]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Proyectos del trimestre"])
    sheet.append(COLUMNS)
    for number, _ in enumerate(rows):
        for place, name in enumerate(COLUMNS, start=1):
            value = cells(number, name)
            cell = sheet.cell(number + 3, place)
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"
            elif name == "avance_fisico_pct" and value is not None:
                cell.number_format = "0.0%"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _xls(rows: Sequence[Row], cells: Callable[[int, str], Any]) -> bytes:
    return xls_of(COLUMNS, *_table(rows, cells, lambda value: (value, "0.0%")))


def _ods(rows: Sequence[Row], cells: Callable[[int, str], Any]) -> bytes:
    return ods_of(
        COLUMNS,
        *_table(rows, cells, lambda value: ods_cell(value, f"{value * 100:.13g}%", valuetype="percentage")),
    )


def _table(
    rows: Sequence[Row], cells: Callable[[int, str], Any], percentage: Callable[[float], Any]
) -> list[list[Any]]:
    """The cells of the rows, with shares as the format writes percentages."""

    def cell(number: int, name: str) -> Any:
        value = cells(number, name)
        return percentage(value) if name == "avance_fisico_pct" and isinstance(value, int | float) else value

    return [[cell(number, name) for name in COLUMNS] for number, _ in enumerate(rows)]


def _file(extension: str, rows: Sequence[Row], cells: Callable[[int, str], Any]) -> bytes:
    writers: dict[str, Callable[..., bytes]] = {"xlsx": _xlsx, "xls": _xls, "ods": _ods}
    if extension in writers:
        return writers[extension](rows, cells)
    return _text_file(rows, cells, {"csv": ",", "txt": "\t"}[extension])


TRICKY: list[Row] = [
    {"proyecto_id": "0012", "nombre": "Tel. 477 123 4567", "tipo_espacio": "espacio_publico", "financiado": True,
     "ejercicio_fiscal": 2026, "monto_mxn": 350.125, "votos": 1200, "avance_fisico_pct": 0.85,
     "fecha_inicio": dt.date(2026, 7, 4), "fecha_entrega": None},
    {"proyecto_id": "4771234567", "nombre": "=Plaza", "tipo_espacio": "espacio_publico", "financiado": False,
     "ejercicio_fiscal": 2025, "monto_mxn": None, "votos": None, "avance_fisico_pct": 1,
     "fecha_inicio": dt.date(2026, 1, 31), "fecha_entrega": dt.date(2026, 9, 30)},
    {"proyecto_id": "2026/3", "nombre": "Ñandú 1.0", "tipo_espacio": "espacio_publico", "financiado": True,
     "ejercicio_fiscal": 2027, "monto_mxn": 0.5, "votos": 0, "avance_fisico_pct": 0.125, "fecha_inicio": None,
     "fecha_entrega": None},
]  # fmt: skip


@pytest.mark.parametrize("extension", ["csv", "txt", "xlsx", "xls", "ods"])
def test_a_mended_correction_keeps_every_kind_of_value(extension: str) -> None:
    wrong = [(0, "votos"), (0, "fecha_inicio"), (1, "financiado"), (2, "monto_mxn")]
    _mends_to_the_right_rows(extension, TRICKY, wrong, as_text=False)


@pytest.mark.slow
@pytest.mark.parametrize("extension", ["csv", "txt", "xlsx", "xls", "ods"])
@settings(
    max_examples=3, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(delivery=deliveries(), as_text=st.booleans())
def test_a_mended_correction_gives_the_rows_of_the_right_file(
    extension: str, delivery: tuple[list[Row], list[tuple[int, str]]], as_text: bool
) -> None:
    _mends_to_the_right_rows(extension, *delivery, as_text=as_text)


def _mends_to_the_right_rows(
    extension: str, rows: list[Row], wrong: list[tuple[int, str]], as_text: bool
) -> None:  # fmt: skip
    path = "presupuesto_participativo/proyectos_pp_2026T3"

    def spoilt(number: int, name: str) -> Any:
        return BAD[name] if (number, name) in wrong else rows[number][name]

    with TemporaryDirectory() as folder:
        right, office = Office(Path(folder) / "right", hoy=DAY), Office(Path(folder) / "data", hoy=DAY)
        expected = right.deliver(f"{path}.{extension}", _file(extension, rows, lambda n, name: rows[n][name]))
        assert expected.quarantined == 0, right.rules(expected)
        first = office.deliver(f"{path}.{extension}", _file(extension, rows, spoilt))
        above = 2 if extension == "xlsx" else 1

        def mend(sheet: Any) -> None:
            origin = sheet.title == "Filas por corregir"
            for (line, name), cell in marked(sheet).items():
                number = (sheet.cell(line, 1).value if origin else line) - above - 1
                value = rows[number][name]
                said = origin or (as_text and not isinstance(value, float))  # 350.125 as a text is read either way
                cell.value = _typed(rows[number], name) or None if said else value
                if isinstance(cell.value, str):
                    cell.data_type, cell.number_format = "s", "@"
                elif name == "avance_fisico_pct":
                    cell.number_format = "0.0%"

        receipt = office.deliver(f"{path}_correccion.xlsx", mended(first, mend))
        assert (receipt.state, receipt.quarantined) == ("accepted", 0), office.rules(receipt)
        assert office.table(receipt).to_dicts() == right.table(expected).to_dicts()


@st.composite
def layers(draw: st.DrawFn) -> tuple[list[Row], list[tuple[int, str]]]:
    """Good features, and which of their properties were typed wrong."""
    count = draw(st.integers(2, 5))
    rows = [
        {
            "ID": number,
            "NOMBRE": draw(st.sampled_from(["Centro", "Ñandú  del Bosque", "4771234567", "=Las Joyas"])),
            "CLASIFICAC": draw(st.one_of(st.none(), st.integers(0, 9))),
            "CP": draw(st.sampled_from(["37000", "01234", None])),
        }
        for number in range(1, count + 1)
    ]
    cells = st.tuples(st.integers(0, count - 1), st.sampled_from(["ID", "NOMBRE", "CLASIFICAC"]))
    return rows, draw(st.lists(cells, min_size=1, max_size=3, unique=True))


@pytest.mark.slow
@settings(
    max_examples=4, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(layer=layers())
def test_a_mended_layer_gives_the_rows_of_the_right_file(layer: tuple[list[Row], list[tuple[int, str]]]) -> None:
    rows, wrong = layer
    bad = {"ID": "dos", "NOMBRE": None, "CLASIFICAC": "tercera"}

    def written(cells: Callable[[int, str], Any]) -> str:
        return _layer([{name: cells(n, name) for name in row} for n, row in enumerate(rows)])

    with TemporaryDirectory() as folder:
        right, office = Office(Path(folder) / "right", hoy=DAY), Office(Path(folder) / "data", hoy=DAY)
        expected = right.deliver("implan/colonias_2026T3.geojson", written(lambda n, name: rows[n][name]))
        spoilt = written(lambda n, name: bad[name] if (n, name) in wrong else rows[n][name])
        first = office.deliver("implan/colonias_2026T3.geojson", spoilt)

        def mend(sheet: Any) -> None:
            for (line, name), cell in marked(sheet).items():
                cell.value = rows[sheet.cell(line, 1).value - 1][name]
                if isinstance(cell.value, str):
                    cell.data_type = "s"

        receipt = office.deliver("implan/colonias_2026T3_correccion.xlsx", mended(first, mend))
        assert (receipt.state, receipt.quarantined) == ("accepted", 0), office.rules(receipt)
        assert office.table(receipt).to_dicts() == right.table(expected).to_dicts()
