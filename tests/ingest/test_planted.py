"""Personal data where nobody asked for them: in a key, a date, a header, a sheet's name, a row that slid by a cell. In no byte but the vault's."""

from __future__ import annotations

import io
import json

import duckdb
import openpyxl
import pytest

from ingest.privacy.masks import HIDDEN, mask_code
from ingest.receive import Dropped, discover, receive_file
from tests.acceptance.test_personal_data import readings

from .conftest import Office, folder_of, page

WHO, PHONE, MAIL = "Eduviges Tinajero Olmedo", "477 836 5052", "eduviges@buzon.example"
TALLERES = "taller_id;fecha_programada;fecha_realizada;sede;tipo_sede;colonia"
TALLERES_PATH = "presupuesto_participativo/talleres_2026T3.csv"


def said(office: Office) -> str:
    """Everything that lake and receipts hold, compressed or not."""
    files = (path for root in ("lake", "receipts") for path in sorted((office.settings.data / root).rglob("*")))
    return "\n".join(text for path in files if path.is_file() for text in (path.name, *readings(path)))


def planted(office: Office) -> list[str]:
    return [value for value in (WHO, PHONE, MAIL, PHONE.replace(" ", "")) if value in said(office)]


SPELT = (WHO, WHO.upper(), PHONE, "(477) 836-5052", f"Tel. {PHONE.replace(' ', '')}", MAIL)


def test_in_a_file_about_people_no_column_holds_anybody(office: Office) -> None:
    columns = ("comentario_id", "sesion_id", "fecha", "canal", "indicador", "fecha_respuesta", "publicable")
    row = dict.fromkeys(columns, "") | {
        "comentario": "Bien",
        "fecha": "01/07/2026",
        "canal": "Portal",
        "publicable": "Sí",
    }
    rows = [
        row | {"comentario_id": f"C{n}{m}"} | {column: value}
        for n, column in enumerate(columns)
        for m, value in enumerate(SPELT)
    ]
    text = "\n".join([",".join(row), *(",".join(cells.values()) for cells in rows)])
    receipt = office.deliver("unidad_transparencia/comentarios_ciudadanos_2026T3.csv", text)
    assert (receipt.accepted, receipt.quarantined) == (0, len(rows))
    left = said(office)
    assert [value for value in SPELT if value in left] == []


def test_where_no_text_belongs_a_person_is_not_repeated(office: Office) -> None:
    """Nor in the rows that go back to be mended; a fault that names nobody is."""
    values = (*SPELT, "Priv. Malvarrosa 1021")
    rows = [f"T{n};{value};;Salón;Otro;Centro\nU{n};01/07/2026;;Salón;{value};Centro" for n, value in enumerate(values)]
    office.deliver(TALLERES_PATH, "\n".join([TALLERES, *rows, "V;ayer por la tarde;;Salón;Otro;Centro"]))
    left = said(office)
    assert [value for value in values if value in left] == [] and "ayer por la tarde" in left


def test_what_was_hidden_in_the_rows_that_went_back_is_no_change(office: Office) -> None:
    """Left alone it stays the fault that it was; what else was mended counts."""
    first = office.deliver(
        TALLERES_PATH, f"{TALLERES}\nT1;{WHO};;Salón;Otro;Centro\nT2;99/99/2026;;Salón;Otro;Centro\n"
    )
    book = openpyxl.load_workbook(folder_of(first) / "correccion.xlsx")
    sheet = book.worksheets[0]
    assert sheet.cell(2, 3).value == HIDDEN
    sheet.cell(3, 3).value = "02/07/2026"
    buffer = io.BytesIO()
    book.save(buffer)
    second = office.deliver(TALLERES_PATH.replace(".csv", ".xlsx"), buffer.getvalue())
    assert (second.accepted, second.quarantined) == (1, 1) and not planted(office)


def test_no_header_and_no_sheet_names_anybody(office: Office) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = WHO
    sheet.append([*TALLERES.split(";"), f"Contacto {WHO}"])
    sheet.append(["T1", "01/07/2026", None, "Salón", "Otro", "Centro", WHO])
    book.create_sheet(f"Lista {WHO}"[:31]).append(["otra", "cosa"])
    buffer = io.BytesIO()
    book.save(buffer)
    receipt = office.deliver(TALLERES_PATH.replace(".csv", ".xlsx"), buffer.getvalue())
    assert receipt.accepted == 1 and not planted(office) and HIDDEN in page(receipt)


def test_a_home_is_no_venue_whoever_lives_there(office: Office) -> None:
    """Also where the name stands after the word that makes a name that of a place."""
    rows = [f"T1;01/07/2026;;Casa de {WHO};Otro;Centro", "T2;01/07/2026;;Casa de la Cultura Diego Rivera;Otro;Centro"]
    receipt = office.deliver(TALLERES_PATH, "\n".join([TALLERES, *rows]))
    assert office.table(receipt)["sede"].to_list() == [HIDDEN, "Casa de la Cultura Diego Rivera"]


def test_a_layer_that_is_published_as_it_is_holds_no_telephone(office: Office) -> None:
    """Neither in its key, which says so, nor in the other texts."""
    line = {"type": "LineString", "coordinates": [[-101.69, 21.12], [-101.68, 21.13]]}
    features = [
        {
            "type": "Feature",
            "properties": {"Id": n, "NOMBRE": name, "COLONIA": "CENTRO", "DIA": "LUNES", "CALLE": "M"},
            "geometry": line,
        }
        for n, name in enumerate((f"TIANGUIS DE {PHONE}", "TIANGUIS 10 DE MAYO"))
    ]
    receipt = office.deliver(
        "economia/tianguis_2026T3.geojson", json.dumps({"type": "FeatureCollection", "features": features})
    )
    assert office.rules(receipt) == [(1, "nombre", "patron")] and not planted(office)
    air = (
        "estacion_id,fecha,contaminante,promedio,unidad\n74,01/07/2026,PM10,1,4778365052\n74,02/07/2026,PM10,1,µg/m³\n"
    )
    receipt = office.deliver("medio_ambiente/mediciones_aire_2026T3.csv", air)
    assert duckdb.sql(f"select '{office.table(receipt)['unidad'][0]}'").fetchall() == [("[teléfono oculto]",)]
    assert not planted(office)


def test_plates_stand_in_no_list_of_bodies_and_in_no_title_that_speaks_of_a_vehicle(office: Office) -> None:
    """«ACT-12-26» in the title of an act has their form and is its folio."""
    rows = [
        "T1;01/07/2026;01/07/2026;Acta SES-03-26 del Salón;Otro;Centro;IMJU;DIF",
        'T2;01/07/2026;01/07/2026;Salón, camioneta GZX-417-B;Otro;Centro;"DIF;GZX-417-B"',
    ]
    header = f"{TALLERES};dependencias_colaboradoras"
    receipt = office.deliver(TALLERES_PATH, "\n".join([header, rows[0].replace("IMJU;DIF", '"IMJU;DIF"'), rows[1]]))
    table = office.table(receipt)
    assert table["sede"].to_list() == ["Acta SES-03-26 del Salón", HIDDEN]
    assert table["dependencias_colaboradoras"].to_list() == ["IMJU;DIF", HIDDEN] and "GZX" not in said(office)


def test_a_day_names_nobody_though_people_are_called_domingo(office: Office) -> None:
    line = {"type": "LineString", "coordinates": [[-101.69, 21.12], [-101.68, 21.13]]}
    days = ("DOMINGO Y MIERC", "Domingo de Ramos", "SABADO Y DOMINGO", "TODOS LOS DIAS", f"LUNES {WHO}", WHO.upper())
    features = [
        {
            "type": "Feature",
            "properties": {"Id": n, "NOMBRE": "JUAN ALONSO", "COLONIA": "C", "DIA": day, "CALLE": WHO},
            "geometry": line,
        }
        for n, day in enumerate(days)
    ]
    receipt = office.deliver(
        "economia/tianguis_2026T3.geojson", json.dumps({"type": "FeatureCollection", "features": features})
    )
    assert office.rules(receipt) == [(5, "dia", "patron"), (6, "dia", "patron")]
    assert office.table(receipt)["calle"].to_list() == [WHO] * 4, "a street bears somebody's name"


def test_a_coordinate_that_is_a_telephone_is_not_repeated(office: Office) -> None:
    """One that lost its point is."""
    cells = ("4778365052", "477 836 5052", "-4778365052", "2112201912", "211220191")
    rows = [f"T{n};01/07/2026;;Salón;Otro;Centro;{cell}" for n, cell in enumerate(cells)]
    office.deliver(TALLERES_PATH, "\n".join([f"{TALLERES};latitud", *rows]))
    left = said(office)
    assert [cell for cell in cells if cell in left] == ["2112201912", "211220191"] and not planted(office)
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([*TALLERES.split(";"), "latitud"])
    sheet.append(["X1", "01/07/2026", None, "Salón", "Otro", "Centro", 4778365052])
    buffer = io.BytesIO()
    book.save(buffer)
    assert office.deliver(TALLERES_PATH.replace(".csv", ".xlsx"), buffer.getvalue()).quarantined == 1
    assert not planted(office)


RFC_OF_SOMEBODY = "CUPH640911QX3"


def test_where_a_number_belongs_nobody_s_code_is_repeated(office: Office) -> None:
    """Of a number alone nobody can say so: an amount, a key. In a key that is a date, or beside other text, it is none."""
    air = "estacion_id,fecha,contaminante,promedio,unidad\n"
    rows = (
        f"74,{RFC_OF_SOMEBODY},PM10,1,µg/m³",
        f"{RFC_OF_SOMEBODY},01/07/2026,PM10,1,µg/m³",
        "74,4778365052,PM10,1,µg/m³",
        f"74,02/07/2026,{RFC_OF_SOMEBODY},1,µg/m³",
        "74,03/07/2026,PM10,12.5 4778365052,µg/m³",
        f"74,04/07/2026,PM10,{RFC_OF_SOMEBODY},µg/m³",
    )
    receipt = office.deliver("medio_ambiente/mediciones_aire_2026T3.csv", air + "\n".join(rows))
    assert receipt.quarantined == len(rows) and not planted(office) and RFC_OF_SOMEBODY not in said(office)


def test_a_directory_holds_contacts_of_offices_and_nobody_s_code(office: Office) -> None:
    header = "dependencia_id;dependencia;tiene_contacto_ciudadano;telefono;domicilio;horario"
    rows = (
        f"D1;Tesorería, RFC MLE850101TS0;Sí;477 788 0000;Plaza Principal 1, Centro;{RFC_OF_SOMEBODY}",
        "D2;Obras;Sí;477 788 0001;Calle 5 de Mayo 20;Lunes a viernes de 8:00 a 15:30",
        "ZAQX980214MGTVNC06;Obras;Sí;477 788 0001;Calle 5 de Mayo 20;Lunes",
        "D4;Obras;Sí;477 788 0001;ZAQX980214MGTVNC06;Lunes",
    )
    receipt = office.deliver("presupuesto_participativo/directorio_2026T3.csv", "\n".join([header, *rows]))
    table = office.table(receipt)
    assert table["horario"].to_list() == [HIDDEN, "Lunes a viernes de 8:00 a 15:30", "Lunes"]
    assert table["domicilio"].to_list() == ["Plaza Principal 1, Centro", "Calle 5 de Mayo 20", HIDDEN]
    assert "MLE850101TS0" in table["dependencia"][0] and table["telefono"][0] == "477 788 0000"
    assert office.rules(receipt) == [(4, "dependencia_id", "patron")] and "ZAQX" not in said(office)


def test_where_a_person_lives_is_a_colonia_and_no_address(office: Office) -> None:
    header = "taller_id,asistente_id,edad,sexo,colonia"
    places = ("Privada Malvarrosa 1021 int. 4", "10 de Mayo", "Col. Adolfo López Mateos", "21.12345, -101.67890")
    rows = [f'T1,A{n},30,mujer,"{place}"' for n, place in enumerate(places)]
    receipt = office.deliver("presupuesto_participativo/asistencia_talleres_2026T3.csv", "\n".join([header, *rows]))
    assert office.table(receipt)["colonia"].to_list() == [HIDDEN, *places[1:3], HIDDEN]
    assert "Malvarrosa" not in said(office)


def test_a_key_names_nobody_in_any_file(office: Office) -> None:
    header = "respuesta_id,evento_id,acuerdo_id,fecha,respuesta"
    rows = (f"{WHO},,,01/07/2026,Satisfecho", f"R2,{WHO},,01/07/2026,Satisfecho", "ENC SAT 2026 1,,,01/07/2026,Neutral")
    receipt = office.deliver("presupuesto_participativo/encuestas_satisfaccion_2026T3.csv", "\n".join([header, *rows]))
    assert office.rules(receipt) == [(2, "respuesta_id", "patron"), (3, "evento_id", "patron")]
    assert not planted(office)


def test_a_queue_names_no_file_by_what_its_name_says_of_somebody(office: Office) -> None:
    """Airflow keeps in its database what a queue holds, and shows it."""
    names = (f"acuerdos {PHONE}.csv", f"acuerdos_2026T3 {MAIL}.csv", "talleres_2026T3.csv")
    for name in names:
        office.drop(f"presupuesto_participativo/{name}", f"{TALLERES}\nT1;01/07/2026;;Salón;Otro;Centro\n")
    queue = [dropped.queued() for dropped in discover(office.settings)]
    assert PHONE not in str(queue) and MAIL not in str(queue) and names[2] in str(queue)
    receipts = [receive_file(office.settings, Dropped.from_queue(text)) for text in queue]
    assert sorted(receipt.state for receipt in receipts) == ["accepted", "rejected", "rejected"]
    assert not planted(office) and discover(office.settings) == []


@pytest.mark.parametrize(
    "code",
    ["SAC-2026-104233", "2026-10-0153", "2026 104 2330", "4777364352", "A 12 34", "10 20 2026", "21.123 1234", "44.03499985", "842.7800293", "DGOP 2026 0153", "001-002-0003", "1,234 567 8901", "Tel-2026-01", "Celaya 2026", "11 020 0001", "PP-2026.001.0001", "123.456.789"],
)  # fmt: skip
def test_keys_and_folios_that_look_like_telephones_stay(code: str) -> None:
    assert mask_code(code) == code
