"""Rows compared by what they mean, months that have not begun, and what the receipt says was interpreted (rules.md, 'Rows')."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.checks.bench import Door
from ingest.checks.delivery import check_delivery
from ingest.contract import load_contract
from ingest.reading import Reading

from .conftest import Office, page, summary
from .files import sheet_of
from .test_delivery import CRIMES, CRIMES_PATH, crime

COLUMNS = {
    "proyectos_pp": "proyecto_id,nombre,tipo_espacio,financiado,ejercicio_fiscal,monto_mxn,votos,fecha_inicio,latitud",
    "documentos": "documento_id,indicador,ejercicio,titulo,organos_validadores",
    "eventos_mbh": "evento_id,fecha,funcionarios_seguridad,operadores_sac,dependencias_presentes,baja",
    "evidencias": "evidencia_id,indicador,ejercicio,titulo,tipo,url",
    "asistencia_talleres": "taller_id,asistente_id,nombre,telefono,correo,edad,sexo,colonia",
    "actualizaciones_datos_abiertos": "variable_id,fecha_actualizacion,periodo",
}
OFFICES = {"documentos": "imju", "evidencias": "imju", "actualizaciones_datos_abiertos": "unidad_transparencia"}
SAME = [
    ("asistencia_talleres", "T1,P1,Ana,,,20,Hombre,", "T1,p1,Ana,,,20,hombre,"),
    ("asistencia_talleres", "T1,P1,Ana López,477 123 4567,,20,no especificado,", "T1,P1, ANA LOPEZ,+52 4771234567,,20.0,No_Especificado,"),
    ("asistencia_talleres", "T1,P1,#REF!,,,20,,", "T1,P1,#REF!,,,20,-,"),
    ("asistencia_talleres", "T1,,Ana,4771234567,,20,,", "T1,,ANA,477-123-4567,,20,N/A,"),
    ("proyectos_pp", "P1,Parque,area_verde,0,2026,1000,1,01/07/2026,", "P1,Parque,Área verde,no,2026.0,1000.00,1.0,2026-07-01,"),
    ("proyectos_pp", "P1,Parque,otro,Sí,2026,$ 1250.50,,1 de julio de 2026,21.1", 'P1," Parque ",OTRO,true,2026,1250.5,N/A,01-07-2026,21.10'),
    ("proyectos_pp", "P1,Le&oacute;n,otro,1,2026,,,,", "P1,LeÃ³n,otro,s,2026,,,,"),
    ("documentos", "D1,CAJ-2,2026,x,ayuntamiento;otro", "D1,caj 2,2026,x, Otro ; Ayuntamiento ;otro"),
    ("eventos_mbh", "E1,01/07/2026,1,1,,", "E1,2026-07-01 10:00,1,01,S/D,No"),
    ("eventos_mbh", 'E1,01/07/2026,1,1,,', '"=""E1""",01/07/2026,1,1,,no'),
    ("eventos_mbh", "1,01/07/2026,1,1,,", "1.0,01/07/2026,1,1,,"),
    ("evidencias", "V1,CAJ-2,2026,x,minuta,https://a.mx/?a=1&b=2", "V1,CAJ-2,2026,x,Minuta,https://a.mx/?a=1&amp;b=2"),
]  # fmt: skip
DIFFERENT = [
    ("asistencia_talleres", "T1,P1,Ana,,,20,Hombre,", "T1,P1,Ana,,,21,Hombre,"),
    ("asistencia_talleres", "T1,P1,Ana,,,20,,", "T1,P1,Eva,,,20,,"),
    ("asistencia_talleres", "T1,P1,Ana,,,20,,", "T1,P1,#REF!,,,20,,"),
    ("proyectos_pp", "P1,Parque,otro,1,2026,1.5,,,", "P1,Parque,otro,1,2026,15,,,"),
    ("proyectos_pp", "P1,Parque,otro,1,2026,,,01/07/2026,", "P1,Parque,otro,1,2026,,,07/01/2026,"),
    ("proyectos_pp", "P1,Parque,otro,1,2026,,,,", "P1,parque,otro,1,2026,,,,"),
    ("proyectos_pp", "P1,Parque,otro,1,2026,,,,", "P1,Parque,otro,1,2026,0,,,"),
    ("documentos", "D1,CAJ-2,2026,x,ayuntamiento", "D1,CAJ-2,2026,x,ayuntamiento;otro"),
    ("eventos_mbh", "E1,01/07/2026,1,1,,", "E1,01/07/2026,1,1,,Sí"),
    ("eventos_mbh", "E1,01/07/2026,1,1,,", "E1,01/07/2026,1,1,#N/A,"),
    ("eventos_mbh", "E1,ayer,1,1,,", "E1,anteayer,1,1,,"),
]


def repeated(make_office: Callable[..., Office], export: str, *rows: str) -> tuple[Office, list[tuple[int, str]], int]:
    """(the office, rules about repeated rows with their row, accepted) of a delivery of these rows."""
    office = make_office("data", hoy=date(2026, 10, 10))
    path = f"{OFFICES.get(export, 'presupuesto_participativo')}/{export}_2026T3.csv"
    receipt = office.deliver(path, "\n".join([COLUMNS[export], *rows]) + "\n")
    told = [(fila, rule) for fila, _, rule in office.rules(receipt) if rule.endswith("_repetida")]
    return office, told, receipt.accepted


@pytest.mark.parametrize(("export", "first", "second"), SAME)
def test_rows_that_mean_the_same_keep_one(
    make_office: Callable[..., Office], export: str, first: str, second: str
) -> None:
    assert repeated(make_office, export, first, second)[1:] == ([(3, "fila_repetida")], 1)


@pytest.mark.parametrize(("export", "first", "second"), DIFFERENT)
def test_rows_that_mean_something_else_keep_none(
    make_office: Callable[..., Office], export: str, first: str, second: str
) -> None:
    _, told, accepted = repeated(make_office, export, first, second)
    assert (told, accepted) == ([(2, "clave_repetida"), (3, "clave_repetida")], 0)


def test_equal_bad_rows_are_one_bad_row_and_its_repetition(make_office: Callable[..., Office]) -> None:
    _, told, accepted = repeated(make_office, "eventos_mbh", "E1,ayer,1,1,,", "E1,Ayer ,1,1,,", "E1,ayer,1,1,,")
    assert (told, accepted) == ([(2, "clave_repetida"), (3, "clave_repetida"), (4, "clave_repetida")], 0)
    _, told, _ = repeated(make_office, "actualizaciones_datos_abiertos", "V1,x,a", "V1,x,a")
    assert told == [(3, "fila_repetida")]


def test_shapes_that_begin_at_another_point_are_the_same(office: Office) -> None:
    ring = [[-101.7, 21.1], [-101.69, 21.1], [-101.69, 21.11], [-101.7, 21.1]]
    turned = [ring[1], ring[2], ring[0], ring[1]]
    features = [
        {"type": "Feature", "properties": {"ID": 1, "NOMBRE": "A"}, "geometry": {"type": "Polygon", "coordinates": [r]}}
        for r in (ring, turned)
    ]
    document = json.dumps({"type": "FeatureCollection", "features": features})
    receipt = office.deliver("implan/colonias_2026T3.geojson", document)
    assert [rule for *_, rule in office.rules(receipt)] == ["fila_repetida"]


def test_a_repeated_person_leaks_nothing(make_office: Callable[..., Office]) -> None:
    office, _, _ = repeated(
        make_office, "asistencia_talleres", SAME[1][1], DIFFERENT[1][2].replace("P1", "P9"), SAME[1][2]
    )
    written = b"".join(p.read_bytes() for p in office.settings.layout.receipts.rglob("*") if p.is_file())
    written += str(office.manifests()).encode()
    for secret in ("López", "LOPEZ", "4771234567", "477 123", "P9"):
        assert secret.encode() not in written


# ---- months that have not begun ----------------------------------------------------------------------------------------


def test_a_month_that_has_not_begun_is_a_bad_cell_and_not_a_stop(make_office: Callable[..., Office]) -> None:
    office = make_office("data", hoy=date(2026, 8, 15))
    rows = [
        crime("1,1,1,1,1,1,1,1,,,,", kind="uno").replace("2025", "2026", 1),
        crime("1,1,1,1,1,1,1,1,0,,,", kind="dos").replace("2025", "2026", 1),
        crime("1,1,1,1,1,1,1,1,1,1,1,1", kind="tres"),
        crime(",,,,,,,,,,,5", kind="cuatro").replace("2025", "2026", 1),
        crime("1,,,,,,,,,,,", kind="cinco").replace("2025", "2027", 1),
    ]
    receipt = office.deliver(CRIMES_PATH.replace("2026T3", "2026T2"), CRIMES + "".join(rows))
    assert (receipt.accepted, receipt.quarantined) == (2, 3)
    assert office.rules(receipt) == [
        (3, "Septiembre", "fecha_futura"),
        (5, "Diciembre", "fecha_futura"),
        (6, "Enero", "fecha_futura"),
    ]
    motive = office.table(receipt, "rejects")["motivo"][0]
    assert motive == "Septiembre de 2026 todavía no comenzaba el 15/08/2026."
    assert office.table(receipt).height == 8 + 12


# ---- what was interpreted ----------------------------------------------------------------------------------------------


def interpreted(office: Office, export: str, *rows: str) -> list[str]:
    office.deliver(
        f"{OFFICES.get(export, 'presupuesto_participativo')}/{export}_2026T3.csv",
        "\n".join([COLUMNS[export], *rows]) + "\n",
    )
    said: list[str] = office.manifests()[-1]["interpreted"]
    return said


def test_a_separator_that_could_be_either_is_said(office: Office) -> None:
    said = interpreted(
        office, "proyectos_pp", "P1,x,otro,1,2026,350.125,,,21.123", "P2,x,otro,1,2026,350.125,1.234,,21.1"
    )
    assert said == [
        "Columna «monto_mxn»: 2 celdas con el punto o la coma como separador de miles. «350.125» se leyó como «350,125» "
        "(fila 2 y 1 más).",
        "Columna «votos»: 1 celda con el punto o la coma como separador de miles. «1.234» se leyó como «1,234» (fila 3).",
    ]


def test_decimals_by_the_column_s_evidence_are_said_too(office: Office) -> None:
    said = interpreted(office, "proyectos_pp", "P1,x,otro,1,2026,350.125,,,", "P2,x,otro,1,2026,12.5,,,")
    assert said == [
        "Columna «monto_mxn»: 1 celda con el punto o la coma como decimales. «350.125» se leyó como «350.125» (fila 2)."
    ]


def test_nothing_is_said_where_nothing_was_interpreted(office: Office) -> None:
    assert interpreted(office, "proyectos_pp", "P1,x,otro,1,2026,1250.50,3,01/07/2026,21.1234") == []


def test_the_receipt_shows_what_was_interpreted_and_asks_to_look_at_it(office: Office) -> None:
    receipt = office.deliver(
        "presupuesto_participativo/proyectos_pp_2026T3.csv",
        COLUMNS["proyectos_pp"] + "\nP1,x,otro,1,2026,350.125,,15/07/26,\n",
    )
    for text in (page(receipt), summary(receipt)):
        assert "Lo que se reparó o se interpretó" in text and "«15/07/26» se leyó como «15/07/2026»" in text
        assert "revise abajo" in text and "No tiene que hacer nada más" not in text


# ---- keys and numbers that a spreadsheet turned into dates -------------------------------------------------------------


def test_a_number_or_a_name_that_became_a_date_is_a_bad_cell_with_its_cause(office: Office) -> None:
    header = [*COLUMNS["eventos_mbh"].split(","), "colonia"]
    day = date(2026, 5, 5)
    content = sheet_of(
        header,
        ["E1", day, day, 1, None, None, "Centro"],
        ["E2", day, 1, 1, None, None, day],
        ["E3", day, 1, 1, None, None, None],
    )
    receipt = office.deliver("presupuesto_participativo/eventos_mbh_2026T3.xlsx", content)
    assert office.rules(receipt) == [(2, "funcionarios_seguridad", "tipo"), (3, "colonia", "tipo")]
    assert all("la hoja de cálculo cambió por ella" in m for m in office.table(receipt, "rejects")["motivo"])


def test_own_dates_beside_a_column_in_which_they_were_exchanged_are_doubtful_too(office: Office) -> None:
    """A month-first CSV opened by a day-first Excel: one column shows it, the other has no day later than 12."""
    header = ["taller_id", "fecha_programada", "fecha_realizada", "sede", "tipo_sede"]
    shown = [
        ["T1", "07/15/2026", date(2026, 4, 7), "UG", "escuela"],
        ["T2", "07/16/2026", date(2026, 7, 7), "UG", "escuela"],
        ["T3", date(2026, 4, 7), None, "UG", "escuela"],
    ]
    receipt = office.deliver("presupuesto_participativo/talleres_2026T3.xlsx", sheet_of(header, *shown))
    assert office.rules(receipt) == [(2, "fecha_realizada", "tipo"), (4, "fecha_programada", "tipo")]
    shown[1][2] = date(2026, 7, 20)  # no exchange gives this one
    receipt = office.deliver("presupuesto_participativo/talleres_2026T3.xlsx", sheet_of(header, *shown))
    assert office.rules(receipt) == [(4, "fecha_programada", "tipo")]


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        (("007", "7", "08", "100"), "(«007» y «7»)"),
        (("T-01", "T-1", "T-10"), "(«T-01» y «T-1»)"),
        (("T-2", "t-2", "T–2", "T-3"), "(«T-2» y «T–2» y «t-2»)"),
        (("Área 1", "Area 1", "Area 2"), "(«Area 1» y «Área 1»)"),
        (("T 5", "T_5", "T 6", "T_6"), "(«T 5» y «T_5», «T 6» y «T_6»)"),
    ],
)
def test_keys_that_hardly_differ_are_other_keys_and_told(office: Office, keys: tuple[str, ...], named: str) -> None:
    rows = [f"{key},01/07/2026,1,1,," for key in keys]
    office.deliver(
        "presupuesto_participativo/eventos_mbh_2026T3.csv", "\n".join([COLUMNS["eventos_mbh"], *rows]) + "\n"
    )
    (manifest,) = office.manifests()
    assert manifest["accepted"] == len(keys) and any(named in note for note in manifest["notes"])


# ---- any row, however it is spelt --------------------------------------------------------------------------------------

SPELLINGS: dict[str, list[tuple[str, ...]]] = {
    "proyecto_id": [("P1", " P1 ", '="P1"', "P1\u200b"), ("7", "7.0", "7.00 "), ("Ñ-1", "N\u0303-1", "Ã‘-1")],
    "nombre": [("Parque León", "Parque  LeÃ³n", "Parque Le&oacute;n", "Parque\u00a0León")],
    "tipo_espacio": [("area_verde", "Área verde", "AREA-VERDE"), ("otro", "Otro ")],
    "financiado": [("Sí", "si", "1", "TRUE", "1.0"), ("no", "0", "N", "false")],
    "ejercicio_fiscal": [("2026", "2026.0", "2,026", "2.026")],
    "colonia": [("", "-", "N/A", "s/d", "nd", "  "), ("Centro", "Centro ")],
    "monto_mxn": [("1250.5", "$ 1,250.50", "1250,5", "1.2505E+3"), ("", "NA")],
    "votos": [("12", "12.0", "012"), ("", "-")],
    "fecha_inicio": [
        (
            "04/07/2026",
            "4-7-2026",
            "2026-07-04",
            "4 de julio de 2026",
            "04/07/26",
            "2026-07-04T06:00:00Z",
            "Jul 4, 2026",
        )
    ],
    "avance_fisico_pct": [("85", "85%", "85.0", "85,00"), ("", "N/A")],
}
"""For some columns, cells of equal meaning; a second list means something else."""


def _notes(office: Office, columns: str, *rows: str) -> list[str]:
    """What the receipt says about the file, of workshops with these columns."""
    office.deliver("presupuesto_participativo/talleres_2026T3.csv", "\n".join([columns, *rows]) + "\n")
    notes: list[str] = office.manifests()[-1]["notes"]
    return notes


DATED = "taller_id,fecha_programada,fecha_realizada,sede,tipo_sede,colonia"


def test_dates_that_nothing_tells_apart_are_read_by_the_rule_and_that_is_said(office: Office) -> None:
    notes = _notes(office, DATED, "T-1,03/07/2026,04/08/2026,Sala,otro,Centro")
    (said,) = (note for note in notes if "día primero" in note)
    assert "«fecha_programada», «fecha_realizada»" in said and "«03/07/2026» es el 3 de julio de 2026" in said


@pytest.mark.parametrize(
    "dates", ["03/07/2026,24/08/2026", "2026-07-03,2026-07-04", "3-jul-2026,", "07/07/2026,", "03/07/2026,08/24/2026"]
)
def test_dates_that_something_tells_apart_need_no_word(office: Office, dates: str) -> None:
    assert not any("día primero" in note for note in _notes(office, DATED, f"T-1,{dates},Sala,otro,Centro"))


def test_a_row_of_one_cell_may_be_a_note(office: Office) -> None:
    rows = ["T-1,03/07/2026,,Sala,otro,", "Fuente: la oficina,,,,,", "T-2,13/07/2026,,,otro,"]
    receipt = office.deliver("presupuesto_participativo/talleres_2026T3.csv", "\n".join([DATED, *rows]) + "\n")
    remedies = office.table(receipt, "rejects").select("fila", "correccion").rows()
    assert [remedy.startswith("Si la fila es una nota") for fila, remedy in remedies] == [
        fila == 3 for fila, _ in remedies
    ]
    assert [fila for fila, _ in remedies] == [3, 3, 3, 4]


def test_what_a_program_writes_for_nothing_is_told_where_it_lands_as_a_text(office: Office) -> None:
    notes = _notes(
        office, DATED, "T-1,03/07/2026,,Sala,otro,NULL", "T-2,13/07/2026,,NULL,otro,null", "T-3,14/07/2026,,a,otro,b"
    )
    assert sum("colonia» hay 2 celdas que dicen «NULL» (filas 2, 3)" in note for note in notes) == 1
    assert sum("sede» hay 1 celda que dice «NULL» (fila 3)" in note for note in notes) == 1
    columns = "taller_id,fecha_programada,sede,tipo_sede,dependencias_colaboradoras"
    notes = _notes(office, columns, "T-1,13/07/2026,Sala,otro,NaN")
    assert any("dependencias_colaboradoras» hay 1 celda que dice «NaN»" in note for note in notes)


def check(*rows: dict[str, str]) -> list[tuple[int, str]]:
    """Rules about repeated rows, with their row."""
    contract = load_contract("proyectos_pp")
    reading = Reading(
        pl.DataFrame([pl.Series(n, [row[n] or None for row in rows], dtype=pl.String) for n in SPELLINGS]),
        np.arange(2, 2 + len(rows)),
        None,
        {"formato": "xlsx"},
    )
    checked = check_delivery(reading, contract, Door("presupuesto_participativo", "x.csv", date(2026, 10, 10), b""))
    assert checked.accepted + checked.quarantined == len(rows) == checked.rows_read
    return checked.rejects.select("fila", "regla").rows()


@pytest.mark.slow
@given(st.data())
@settings(max_examples=40, deadline=None)
def test_one_row_in_any_spelling_is_one_row_and_another_meaning_is_not(data: st.DataObject) -> None:
    meanings = {name: data.draw(st.sampled_from(lists), label=name) for name, lists in SPELLINGS.items()}
    first, second = ({name: data.draw(st.sampled_from(m)) for name, m in meanings.items()} for _ in range(2))
    assert check(first, second) == [(3, "fila_repetida")]
    name = data.draw(st.sampled_from([n for n, lists in SPELLINGS.items() if len(lists) > 1 and n != "proyecto_id"]))
    other = next(m for m in SPELLINGS[name] if m is not meanings[name])
    assert check(first, second | {name: data.draw(st.sampled_from(other))}) == [
        (2, "clave_repetida"),
        (3, "clave_repetida"),
    ]
