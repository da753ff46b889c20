"""A delivery from drop to lake: keys, scope, personal cells, counts, versions (rules.md)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest

from ingest.contract import load_contracts
from ingest.privacy.pseudonyms import pseudonym

from .conftest import Office
from .files import sheet_of

ACUERDOS = "acuerdo_id,evento_id,fecha_acuerdo,tipo,tema,dependencia,descripcion,solicitante,fecha_finalizacion\n"
ACUERDOS_PATH = "presupuesto_participativo/acuerdos_2026T3.csv"


def acuerdo(key: str, day: str = "01/07/2026", kind: str = "inmediato", **cells: str) -> str:
    row = {"tema": "Luz", "dependencia": "Obra Pública", "descripcion": "Poste", "solicitante": "", "fin": ""} | cells
    return f"{key},E1,{day},{kind},{row['tema']},{row['dependencia']},{row['descripcion']},{row['solicitante']},{row['fin']}\n"


def test_a_clean_delivery_lands_as_written_down(office: Office) -> None:
    receipt = office.deliver(ACUERDOS_PATH, ACUERDOS + acuerdo("A1") + acuerdo("A2", kind="Gestión", fin="2026-08-02"))
    assert (receipt.state, receipt.version, receipt.rows_read, receipt.accepted) == ("accepted", 1, 2, 2)
    rows = office.table(receipt)
    assert rows.columns == list(load_contracts()["acuerdos"].lake_columns)
    assert rows["acuerdo_id"].to_list() == ["A1", "A2"]
    assert rows["fila"].to_list() == [2, 3] and rows["baja"].to_list() == [False, False]
    assert rows["tipo"].to_list() == ["inmediato", "gestion"]
    assert rows["fecha_finalizacion"].to_list() == [None, date(2026, 8, 2)]
    (manifest,) = office.manifests()
    assert manifest["received_on"] == "2026-11-22" and manifest["stands"] and not manifest["example"]
    assert manifest["archivo"] == ACUERDOS_PATH and manifest["understood"]["separador"] == ","


def test_the_lake_s_types_are_those_of_the_written_schema(office: Office) -> None:
    import duckdb

    from pamga.exports import exports

    for export, contract in load_contracts().items():
        from ingest.landing import empty_rows

        target = office.settings.data / f"{export}.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        empty_rows(contract).write_parquet(target)
        described = duckdb.sql(f"describe select * from read_parquet('{target}')").fetchall()
        assert {name: kind for name, kind, *_ in described} == exports()[export].columns


def test_identical_rows_keep_the_first_and_different_ones_none(office: Office) -> None:
    same, other = acuerdo("A1"), acuerdo("A2")
    body = same + same + other + acuerdo("A2", tema="Agua") + acuerdo("A3")
    receipt = office.deliver(ACUERDOS_PATH, ACUERDOS + body)
    assert office.table(receipt)["acuerdo_id"].to_list() == ["A1", "A3"]
    assert office.rules(receipt) == [
        (3, "acuerdo_id", "fila_repetida"),
        (4, "acuerdo_id", "clave_repetida"),
        (5, "acuerdo_id", "clave_repetida"),
    ]


def test_a_row_bad_for_another_reason_counts_for_repeated_keys(office: Office) -> None:
    receipt = office.deliver(ACUERDOS_PATH, ACUERDOS + acuerdo("A1") + acuerdo("A1", day="ayer"))
    assert receipt.accepted == 0 and receipt.quarantined == 2
    assert set(office.rules(receipt)) == {
        (2, "acuerdo_id", "clave_repetida"),
        (3, "acuerdo_id", "clave_repetida"),
        (3, "fecha_acuerdo", "tipo"),
    }


def test_keys_are_compared_trimmed_nfc_collapsed_with_case_kept(office: Office) -> None:
    body = (
        acuerdo(" Á  1 ")
        + acuerdo("A\u0301 1", tema="Agua")
        + acuerdo("á 1")
        + acuerdo("7.0")
        + acuerdo("7", tema="Agua")
    )
    receipt = office.deliver(ACUERDOS_PATH, ACUERDOS + body)
    assert office.table(receipt)["acuerdo_id"].to_list() == ["á 1"]


def test_null_equals_null_in_a_key(office: Office) -> None:
    header = "variable_id,fecha_actualizacion,periodo,url\n"
    body = "V1,01/07/2026,a,\nV1,2026-07-01,b,\nV1,02/07/2026,,\n"
    receipt = office.deliver("unidad_transparencia/actualizaciones_datos_abiertos_2026T3.csv", header + body)
    assert office.rules(receipt) == [
        (2, "variable_id, fecha_actualizacion", "clave_repetida"),
        (3, "variable_id, fecha_actualizacion", "clave_repetida"),
    ]
    assert receipt.accepted == 1


def test_counts_always_add_up(office: Office) -> None:
    body = acuerdo("A1") + acuerdo("", kind="x", day="y") + "\n" + acuerdo("A3", fin="01/01/2030") + acuerdo("A4") * 3
    receipt = office.deliver(ACUERDOS_PATH, ACUERDOS + body)
    assert receipt.rows_read == 6 == receipt.accepted + receipt.quarantined + receipt.out_of_scope
    assert (receipt.accepted, receipt.quarantined) == (2, 4)
    (manifest,) = office.manifests()
    assert sum(manifest["rejects_by_rule"].values()) == office.table(receipt, "rejects").height


def test_baja_withdraws_and_is_checked(office: Office) -> None:
    header = ACUERDOS.replace("\n", ",baja\n")
    body = (
        acuerdo("A1").replace("\n", ",Sí\n")
        + acuerdo("A2").replace("\n", ",\n")
        + acuerdo("A3").replace("\n", ",tal vez\n")
    )
    receipt = office.deliver(ACUERDOS_PATH, header + body)
    assert office.table(receipt).select("acuerdo_id", "baja").rows() == [("A1", True), ("A2", False)]
    assert office.rules(receipt) == [(4, "baja", "tipo")]


STATIONS = "station_id,station_name,station_code,network_name,lat,lon\n"


def test_solo_is_applied_first_and_impossible_stations_are_quarantined(office: Office) -> None:
    body = "1,A,A,León,21.1,-101.6\n2,B,B,LEON,21.1,101.6\n3,C,C,Puebla,999,x\n4,,D,,21,-101\n"
    receipt = office.deliver("medio_ambiente/estaciones_calidad_aire_2026T3.csv", STATIONS + body)
    assert (receipt.rows_read, receipt.accepted, receipt.quarantined, receipt.out_of_scope) == (4, 1, 1, 2)
    assert office.rules(receipt) == [(3, "longitud", "rango")]
    assert office.table(receipt).columns == ["estacion_id", "nombre", "codigo", "latitud", "longitud", "fila"]


def test_rows_out_of_scope_show_how_a_column_writes_its_numbers(office: Office) -> None:
    # three digits after the point: thousands on its own, decimals beside a dam of another place that says 56.91
    header = "clavesih,nombrecomun,estado,nommunicipio,latitud,longitud,corriente,namoalmac\n"
    body = "EPLGJ,El Palote,Guanajuato,León,21.173611,-101.678889,R. De Los Gómez,9.643\n"
    elsewhere = "LCLGR,La Calera,Guerrero,Zirándaro,18.418611,-101.003056,R. Chiquito,56.91\n"
    receipt = office.deliver("medio_ambiente/presas_2026T3.csv", header + body + elsewhere)
    assert (receipt.accepted, receipt.out_of_scope) == (1, 1)
    assert float(office.table(receipt)["capacidad_namo_hm3"][0]) == pytest.approx(9.643)


@pytest.mark.parametrize(
    ("latitude", "longitude", "told"),
    [
        ("21.185", "-101.685", []),  # exactly three digits: no thousands in a coordinate
        ("-101.685", "21.185", ["cambiadas de columna", "cambiadas de columna"]),
        ("1.185", "-101.685", ["fuera de lo posible"]),
        ("21.185", "101.68", ["le falta el signo menos"]),
    ],
)
def test_a_coordinate_without_bounds_lies_in_the_country(
    office: Office, latitude: str, longitude: str, told: list[str]
) -> None:
    header = "clavesih,nombrecomun,estado,nommunicipio,latitud,longitud,corriente,namoalmac\n"
    row = f"EPLGJ,El Palote,Guanajuato,León,{latitude},{longitude},R,9.6\n"
    receipt = office.deliver("medio_ambiente/presas_2026T3.csv", header + row)
    motives = office.table(receipt, "rejects")["motivo"].to_list()
    assert len(motives) == len(told) and all(words in motive for words, motive in zip(told, motives, strict=True))
    if not told:
        assert office.table(receipt).select("latitud", "longitud").rows() == [(21.185, -101.685)]


def test_a_row_whose_municipality_is_nearly_the_city_or_missing_is_told(office: Office) -> None:
    header = "clavesih,nombrecomun,estado,nommunicipio,latitud,longitud,corriente,namoalmac\n"
    places = ('Guanajuato,León"', "Guana juato,León", "Guanajuato,Silao", ",León", ",Silao")
    rows = [f"P{n},Presa,{place},21.1,-101.6,R,9.6\n" for n, place in enumerate(places)]
    receipt = office.deliver("medio_ambiente/presas_2026T3.csv", header + "".join(rows))
    notes = " ".join(office.manifests()[0]["notes"])
    assert receipt.out_of_scope == 5 and "En las filas 2 no se puede leer «nommunicipio» o está vacío" in notes
    assert "En las filas 3, 5 no se puede leer «estado»" in notes


MONTHS = "Enero,Febrero,Marzo,Abril,Mayo,Junio,Julio,Agosto,Septiembre,Octubre,Noviembre,Diciembre"
CRIMES = f"Año,Clave_Ent,Entidad,Cve. Municipio,Municipio,Bien jurídico afectado,Tipo de delito,Subtipo de delito,Modalidad,{MONTHS}\n"
CRIMES_PATH = "seguridad/incidencia_delictiva_2026T3.csv"


def crime(months: str, municipality: str = "11020", kind: str = "Con arma de fuego") -> str:
    return f"2025,11,Guanajuato,{municipality},León,La vida,Homicidio,Homicidio doloso,{kind},{months}\n"


def test_months_side_by_side_become_rows_and_one_bad_month_quarantines_the_row(office: Office) -> None:
    body = (
        crime("1,,0,4.0,,,,,,,,12") + crime("1,2,x,,,,,,,,,", kind="Otro") + crime("9" + "," * 11, municipality="11001")
    )
    receipt = office.deliver(CRIMES_PATH, CRIMES + body)
    assert (receipt.rows_read, receipt.accepted, receipt.quarantined, receipt.out_of_scope) == (3, 1, 1, 1)
    rows = office.table(receipt)
    assert rows.select("mes", "casos", "fila").rows() == [(1, 1, 2), (3, 0, 2), (4, 4, 2), (12, 12, 2)]
    assert office.rules(receipt) == [(3, "Marzo", "tipo")]


def test_a_month_that_a_spreadsheet_turned_into_a_date_is_told_as_one(office: Office) -> None:
    row = [*crime("1").split(",")[:-1], date(2026, 3, 26), *[None] * 11]
    receipt = office.deliver(CRIMES_PATH.replace("csv", "xlsx"), sheet_of(CRIMES.strip().split(","), row))
    assert office.rules(receipt) == [(2, "Enero", "tipo")]
    assert "la hoja de cálculo cambió por ella lo que se escribió" in office.table(receipt, "rejects")["motivo"][0]


def test_the_month_is_part_of_the_key(office: Office) -> None:
    first, second = crime("1" + "," * 11), crime(",2" + "," * 10)
    receipt = office.deliver(CRIMES_PATH, CRIMES + first + second)
    assert receipt.accepted == 2
    receipt = office.deliver(CRIMES_PATH, CRIMES + first + crime("3" + "," * 11))
    assert receipt.accepted == 0 and {rule for *_, rule in office.rules(receipt)} == {"clave_repetida"}


ATTENDANCE = "taller_id,asistente_id,nombre,telefono,correo,edad,sexo,colonia\n"
ATTENDANCE_PATH = "presupuesto_participativo/asistencia_talleres_2026T3.csv"


def test_pseudonyms_are_an_hmac_of_the_upper_case_text(office: Office) -> None:
    import hashlib
    import hmac

    receipt = office.deliver(ATTENDANCE_PATH, ATTENDANCE + "T1, p-1ñ ,Ana,,,20,mujer,\nT2,P-1Ñ,Ana,,,20,mujer,\n")
    expected = hmac.new(b"llave de prueba", "P-1Ñ".encode(), hashlib.sha256).hexdigest()[:32]
    rows = office.table(receipt)
    assert rows["asistente_id"].to_list() == [expected, expected] and pseudonym("p-1ñ ", b"llave de prueba") == expected
    assert not {"nombre", "telefono", "correo"} & set(rows.columns)


def test_paper_lists_are_hashed_from_name_and_telephone_or_mail(office: Office) -> None:
    body = (
        "T1,,Ana López,477 123 4567,,20,mujer,\n"
        "T2,,ANA LOPEZ,+52 4771234567,otra@x.mx,20,mujer,\n"
        "T3,,Ana López,,ana@x.mx,20,mujer,\n"
        "T4,,,,,20,mujer,\n"
    )
    receipt = office.deliver(ATTENDANCE_PATH, ATTENDANCE + body)
    first, second, third = office.table(receipt)["asistente_id"].to_list()
    assert first == second != third
    assert office.rules(receipt) == [(5, "asistente_id", "obligatoria")]


def test_a_repeated_person_is_told_without_her_id(office: Office) -> None:
    receipt = office.deliver(ATTENDANCE_PATH, ATTENDANCE + "T1,CLAVE-9,A,,,20,mujer,\nT1,clave-9,B,,,20,mujer,\n")
    rejects = office.table(receipt, "rejects")
    assert rejects["regla"].to_list() == ["clave_repetida"] * 2 and rejects["valor"].to_list() == [None, None]
    assert "clave-9" not in str(rejects.rows()).lower()


def test_a_bad_personal_cell_empties_the_cell_and_keeps_the_row(office: Office) -> None:
    content = sheet_of(
        ["integrante_id", "ejercicio", "sector", "institucion", "nombre", "fecha_integracion"],
        ["C1", 2026, "universidad", "UG", "#DIV/0!", "01/02/2026"],
        ["C2", 2026, "universidad", "#DIV/0!", "Eva", "01/02/2026"],
    )
    receipt = office.deliver("imju/comite_seleccion_2026T3.xlsx", content)
    assert (receipt.accepted, receipt.quarantined) == (1, 1)
    rejects = office.table(receipt, "rejects")
    assert rejects.select("fila", "columna", "regla", "cuarentena").rows() == [
        (2, "nombre", "no_legible", False),
        (3, "institucion", "no_legible", True),
    ]
    assert rejects["valor"][0] is None


@pytest.mark.parametrize("cells", range(1, 8))
def test_a_row_cut_short_is_quarantined_wherever_it_ends(office: Office, cells: int) -> None:
    """Also where the first missing cell is a personal one: nothing is left of such a row that could be accepted."""
    row = ["T1", "A1", "Ana", "4771112233", "a@b.mx", "20", "mujer"][:cells]
    receipt = office.deliver(ATTENDANCE_PATH, ATTENDANCE + ",".join(row) + "\nT1,A2,Eva,,,30,mujer,\n")
    assert (receipt.rows_read, receipt.accepted, receipt.quarantined) == (2, 1, 1)
    assert office.table(receipt)["edad"].to_list() == [30]
    assert office.table(receipt, "rejects").select("fila", "regla", "cuarentena").rows() == [(2, "no_legible", True)]


def test_a_row_that_does_not_split_shows_no_personal_data_whichever_column_is_named(office: Office) -> None:
    header = "proyecto_id,nombre,tipo_espacio,financiado,ejercicio_fiscal,votos\n"
    path = "presupuesto_participativo/proyectos_pp_2026T3.csv"
    receipt = office.deliver(path, header + "P1,Parque (tel. 477 123 4567),otro,Sí,2026\nP2,Parque,otro,Sí,2026,7\n")
    (reject,) = office.table(receipt, "rejects").to_dicts()
    assert (reject["columna"], reject["regla"]) == ("votos", "no_legible")
    assert "477" not in str(reject) and "[teléfono oculto]" in reject["valor"]


def test_documents_of_another_office_are_refused_cell_by_cell(office: Office) -> None:
    header = "documento_id,indicador,ejercicio,titulo\n"
    receipt = office.deliver("imju/documentos_2026T3.csv", header + "D1,CAJ-2,2026,a\nD2,DA-2,2025,b\n")
    assert office.rules(receipt) == [(3, "indicador", "categoria")] and receipt.accepted == 1


def square(x: float, size: float = 0.01) -> list[list[list[float]]]:
    return [[[x, 21.1], [x + size, 21.1], [x + size, 21.1 + size], [x, 21.1 + size], [x, 21.1]]]


def features(*items: tuple[dict[str, Any], list[list[list[float]]]]) -> str:
    import json

    listed = [{"type": "Feature", "properties": p, "geometry": {"type": "Polygon", "coordinates": c}} for p, c in items]
    return json.dumps({"type": "FeatureCollection", "features": listed})


def test_outside_the_municipality_only_when_its_boundary_stands(office: Office) -> None:
    inside, outside = ({"ID": 1, "NOMBRE": "Dentro"}, square(-101.7)), ({"ID": 2, "NOMBRE": "Fuera"}, square(-99.0))
    receipt = office.deliver("implan/colonias_2026T2.geojson", features(inside, outside))
    assert receipt.accepted == 2
    office.drop("implan/colonias_2026T3.geojson", features(inside, outside))
    office.drop(
        "implan/municipio_2026T3.geojson", features(({"cvegeo": "11020", "nom_agem": "León"}, square(-101.8, 0.25)))
    )
    first, second = office.receive()
    assert (first.export, second.export) == ("municipio", "colonias")
    assert office.rules(second) == [(2, "geometria", "geometria")] and office.table(second)["colonia_id"].to_list() == [
        1
    ]


def test_header_only_is_a_delivery_with_nothing_new(office: Office) -> None:
    receipt = office.deliver(ACUERDOS_PATH, ACUERDOS)
    assert (receipt.state, receipt.rows_read) == ("accepted", 0)
    assert office.manifests()[0]["stands"]
    assert office.table(receipt).schema["fecha_acuerdo"] == pl.Date


def test_a_missing_obligatory_column_refuses_the_file_and_keeps_it(office: Office) -> None:
    from ingest.privacy.vault import blocks

    content = ACUERDOS.replace("tema,", "") + "A1,E1,01/07/2026,gestion,Obra,x,,\n"
    receipt = office.deliver(ACUERDOS_PATH, content)
    assert receipt.state == "rejected" and receipt.version == 1 and any("tema" in reason for reason in receipt.reasons)
    (manifest,) = office.manifests()
    assert not manifest["stands"] and manifest["rows_read"] == 0
    assert b"".join(blocks(office.settings, manifest["sha256"])).decode() == content


@pytest.mark.parametrize(
    "path",
    [
        "presupuesto_participativo/acuerdos_2027T1.csv",
        "presupuesto_participativo/acuerdo5_2026T3.csv",
        "presupuesto_participativo/acuerdos_2026T5.csv",
        "obras/acuerdos_2026T3.csv",
        "imju/acuerdos_2026T3.csv",
        "acuerdos_2026T3.csv",
    ],
)
def test_an_unknown_export_quarter_or_department_refuses_the_file_and_keeps_it(office: Office, path: str) -> None:
    from ingest.status import status

    receipt = office.deliver(path, ACUERDOS + acuerdo("A1"))
    assert receipt.state == "rejected" and receipt.reasons and receipt.version is None
    assert office.manifests() == []
    (line,) = status(office.settings).stored()["deliveries"]
    assert line["state"] == "rejected" and line["sha256"] and line["archivo"] == path
    assert office.receive() == []


def test_a_file_that_came_before_its_quarter_is_taken_when_it_begins(make_office: Callable[..., Office]) -> None:
    early = make_office("data")
    early.deliver("presupuesto_participativo/acuerdos_2027T1.csv", ACUERDOS + acuerdo("A1"))
    later = make_office("data", hoy=date(2027, 1, 1))
    (receipt,) = later.receive()
    assert receipt.state == "accepted" and later.receive() == []


def test_missing_optional_columns_are_said_and_unknown_ones_named(office: Office) -> None:
    office.deliver(ACUERDOS_PATH, ACUERDOS.replace("\n", ",ojo\n") + acuerdo("A1").replace("\n", ",x\n"))
    notes = " ".join(office.manifests()[0]["notes"])
    assert "ojo" in notes and "folio_sac" in notes


def test_a_number_that_may_be_a_telephone_is_told_in_a_sentence(office: Office) -> None:
    rows = "taller_id,fecha_programada,sede,tipo_sede\nT-1,1782864000000,Sala,otro\nT-2,13/07/2026,Sala,otro\n"
    receipt = office.deliver("presupuesto_participativo/talleres_2026T3.csv", rows)
    (motive,) = office.table(receipt, "rejects")["motivo"]
    assert motive == "La celda tiene un error; su valor no se muestra porque parece llevar datos personales."
