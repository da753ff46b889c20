"""One cell at a time: every sentence of rules.md, 'Rows', about what a cell means."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.checks.cells import AS_ONE_VALUE, NumberStyle, Style, judge_cell
from ingest.checks.columns import Cells, Circumstances, judge_column
from ingest.checks.damage import AS_LINES, mended, unreadable
from ingest.checks.dates import DateStyle, read_date
from ingest.checks.words import folded, is_empty, normalised_text
from ingest.contract import Column, load_contract

TODAY = date(2026, 11, 22)


def judge(export: str, name: str, *texts: str | None, native: list[bool] | None = None, office: str = "") -> list[Any]:
    """Each cell's value, or its broken rule in angle brackets."""
    column = load_contract(export).column(name)
    raw = pl.Series(name, list(texts), dtype=pl.String)
    mask = None if native is None else pl.Series(native)
    judged = judge_column(column, Cells(raw, mask), Circumstances(TODAY, column.allowed(office)))
    broken = {index: f"<{rule}>" for index, rule in judged.bad.select("indice", "regla").iter_rows()}
    return [broken.get(index, value) for index, value in enumerate(judged.values.to_list())]


@pytest.mark.parametrize("token", ["", "  ", "-", "N/A", "NA", "S/D", "ND", "n/a", " nd ", "–", " — ", "N／A"])
def test_empty(token: str) -> None:
    assert is_empty(token)
    assert judge("acuerdos", "descripcion", token, "x") == [None, "x"]
    assert judge("acuerdos", "tema", token) == ["<obligatoria>"]


@pytest.mark.parametrize("text", ["--", "N.A.", "nada", "0", "."])
def test_not_empty(text: str) -> None:
    assert not is_empty(text)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("03/04/2026", date(2026, 4, 3)),
        ("3/4/2026", date(2026, 4, 3)),
        ("03-04-2026", date(2026, 4, 3)),
        ("03.04.2026", date(2026, 4, 3)),
        ("2026-04-03", date(2026, 4, 3)),
        ("20260403", date(2026, 4, 3)),
        ("2026-04-03T10:30:00", date(2026, 4, 3)),
        ("2026-04-03 00:00:00", date(2026, 4, 3)),
        ("2026-04-03T10:30:00.123Z", date(2026, 4, 3)),
        ("03/04/2026 10:30", date(2026, 4, 3)),
        ("29/02/2024", date(2024, 2, 29)),
        ("29/02/2026", None),
        ("13/13/2026", None),
        ("04/23/2026", None),
        ("03/04/26", date(2026, 4, 3)),
        ("abril de 2026", None),
        ("46218", None),
        ("03/04/0206", None),
    ],
)
def test_dates_are_day_first(text: str, day: date | None) -> None:
    assert read_date(text, native=False).day_first == day


def test_a_spreadsheet_serial_is_a_date_only_as_a_number() -> None:
    assert read_date("46218", native=True).day_first == date(2026, 7, 15)
    assert judge("acuerdos", "fecha_acuerdo", "46218", native=[True]) == [date(2026, 7, 15)]
    assert judge("acuerdos", "fecha_acuerdo", "46218") == ["<tipo>"]


def test_a_month_first_date_is_told_how_to_be_written() -> None:
    column = load_contract("acuerdos").column("fecha_acuerdo")
    verdict = judge_cell(column, "04/23/2026", False, TODAY, (), Style())
    assert verdict.regla == "tipo" and "23/04/2026" in verdict.correccion


def test_what_happened_cannot_lie_after_the_day_of_receipt() -> None:
    assert judge("talleres", "fecha_realizada", "22/11/2026", "23/11/2026") == [TODAY, "<fecha_futura>"]
    assert judge("talleres", "fecha_programada", "23/11/2026") == [date(2026, 11, 23)]
    assert judge("proyectos_pp", "fecha_entrega_programada", "23/11/2026") == [date(2026, 11, 23)]
    assert judge("observaciones", "fecha_compromiso", "23/11/2026") == [date(2026, 11, 23)]


def money(*texts: str, native: list[bool] | None = None) -> list[Any]:
    return judge("proyectos_pp", "monto_mxn", *texts, native=native)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1250.5", "1250.5"),
        ("1250,5", "1250.5"),
        ("1,250.50", "1250.5"),
        ("1.250,50", "1250.5"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        ("1.234.567,8", "1234567.8"),
        ("$ 1,250.00", "1250"),
        ("MXN 1,250.00", "1250"),
        ("MX$1,250.00", "1250"),
        ("MXN $1,250.00", "1250"),
        ("1 250 000", "1250000"),
        ("1'250'000.5", "1250000.5"),
        ("1'250,000.50", "1250000.5"),  # millions as many write them in Mexico
        ("$1'250,000", "1250000"),
        ("1’250’000", "1250000"),
        ("1250.", "1250"),
        (".5", "0.5"),
        ("0.125", "0.125"),
        ("1234.567", "1234.567"),
        ("1e3", "1000"),
        ("0.1234565", "0.123456"),
        ("12345678901.123456", "12345678901.123456"),
    ],
)
def test_numbers_with_one_reading(text: str, value: str) -> None:
    assert money(text) == [Decimal(value)]


@pytest.mark.parametrize(
    "text",
    [
        "abc",
        "1,23,4",
        "12.34.5",
        "1,2345,678",
        "1.5.2",
        "12a",
        "--5",
        "1,234.567.890",
        "nan",
        "inf",
        "1234 567",
        "12 34",
        "1234'567",
        "1'25,000",
        "US$ 1,250.00",
        "٠.٠٩٥",
        "١٥",
        "1,250.50-",
        "(1,250.50)",
    ],
)
def test_what_is_no_number(text: str) -> None:
    assert money(text) == ["<tipo>"]


def test_exactly_three_digits_are_read_so_that_min_and_max_hold() -> None:
    assert judge("talleres", "latitud", "21.123", "21,123", "21123") == [21.123, 21.123, "<rango>"]
    assert judge("talleres", "longitud", "-101,684") == [-101.684]
    assert judge("proyectos_pp", "avance_fisico_pct", "55.125") == [Decimal("55.125")]


def test_else_as_the_column_s_other_cells_are() -> None:
    assert money("12.5", "1.234") == [Decimal("12.5"), Decimal("1.234")]
    assert money("12,5", "1.234") == [Decimal("12.5"), Decimal(1234)]
    assert money("1.234.567", "1.234") == [Decimal(1234567), Decimal(1234)]
    assert money("1.234.567", "1,234") == [Decimal(1234567), Decimal("1.234")]


def test_else_as_thousands() -> None:
    assert money("1.234", "5") == [Decimal(1234), Decimal(5)]
    assert money("1,234", "-2") == [Decimal(1234), "<rango>"]


def test_a_spreadsheet_s_own_number_has_one_reading() -> None:
    assert money("1.234", native=[True]) == [Decimal("1.234")]
    assert money("1.234", "1.234", native=[True, False]) == [Decimal("1.234"), Decimal(1234)]


def test_integers() -> None:
    assert judge("proyectos_pp", "votos", "37680.0", "1,234", "3.5", "12", "9223372036854775808") == [
        37680, 1234, "<tipo>", 12, "<rango>"
    ]  # fmt: skip
    assert judge("documentos", "ejercicio", "2026", "2.026", "2024", "2028") == [2026, 2026, "<rango>", "<rango>"]


def test_booleans() -> None:
    texts = ("Sí", "SI", "si", "s", "1", "true", "TRUE", "No", "n", "0", "False", "quizá", "2")
    assert judge("proyectos_pp", "financiado", *texts) == [True] * 7 + [False] * 4 + ["<tipo>"] * 2


def test_categories_fold_accents_case_blanks_underscores_and_hyphens() -> None:
    assert judge("acuerdos", "tipo", "Gestión", "INMEDIATO", "gestion ") == ["gestion", "inmediato", "gestion"]
    assert (
        judge("encuestas_satisfaccion", "respuesta", "Muy satisfecho", "muy-satisfecho", "MUY_SATISFECHO")
        == ["muy_satisfecho"] * 3
    )
    assert judge("localidades", "ambito", "Urbano") == ["URBANO"]
    assert judge("mediciones_aire", "contaminante", "pm10", "PM2.5") == ["PM10", "PM2.5"]


def test_a_wrong_category_suggests_the_nearest() -> None:
    column = load_contract("encuestas_satisfaccion").column("respuesta")
    verdict = judge_cell(column, "Muy satisfehco", False, TODAY, column.valores, Style())
    assert verdict.regla == "categoria" and verdict.correccion == "¿Quiso decir muy_satisfecho?"
    far = judge_cell(column, "azul", False, TODAY, column.valores, Style())
    assert far.regla == "categoria" and "¿" not in far.correccion and "satisfecho" in far.esperado


def test_an_office_delivers_only_the_indicators_it_is_responsible_for() -> None:
    assert judge("documentos", "indicador", "CAJ-2", "DA-2", office="imju") == ["CAJ-2", "<categoria>"]
    assert judge("documentos", "indicador", "CAJ-2", "da 8", office="unidad_transparencia") == ["<categoria>", "DA-8"]


def test_lists() -> None:
    assert judge(
        "documentos",
        "organos_validadores",
        "Comisión Juventud; ayuntamiento ;comision_juventud",
        " ; ",
        "comision, ayto",
    ) == ["comision_juventud;ayuntamiento", None, "<categoria>"]
    assert judge("talleres", "dependencias_colaboradoras", "Obra  Pública;;SAPAL") == ["Obra Pública;SAPAL"]


def test_urls_and_mail() -> None:
    assert judge("evidencias", "url", "https://leon.gob.mx/a?b=1", "www.leon.gob.mx", "javascript:alert(1)", "http://x y.mx") == [
        "https://leon.gob.mx/a?b=1", "<tipo>", "<tipo>", "<tipo>"
    ]  # fmt: skip
    assert judge("directorio", "correo", "a.b@leon.gob.mx", "a@b", "a b@c.mx", "a@b.mx;c@d.mx") == [
        "a.b@leon.gob.mx", "<tipo>", "<tipo>", "<tipo>"
    ]  # fmt: skip


def test_patterns() -> None:
    assert judge("evidencias", "indicador", "MBH-2", "MBH-9", "mbh-2") == ["MBH-2", "<patron>", "<patron>"]
    assert judge("codigos_postales", "codigo_postal", "37000", "3700") == ["37000", "<patron>"]


def test_text_is_trimmed_nfc_and_collapsed_and_1_0_is_1() -> None:
    texts = ("  Calle   Real ", "Jose\u0301", "1.0", "a\u200bb", "1.10", "línea\ndos")
    assert judge("acuerdos", "tema", *texts) == ["Calle Real", "José", "1", "ab", "1.10", "línea dos"]


def test_nothing_more_is_said_about_a_cell_that_could_not_be_read() -> None:
    column = load_contract("acuerdos").column("tema")
    raw = pl.Series([None, None], dtype=pl.String)
    cells = Cells(raw, known_bad=pl.Series([0], dtype=pl.UInt32))
    judged = judge_column(column, cells, Circumstances(TODAY))
    assert judged.bad["indice"].to_list() == [1]


_NUMBER_LIKE = st.text("0123456789.,-+ $eE%'", max_size=12)
_DATE_LIKE = st.text("0123456789/-. T:", max_size=12)
_WORDS = st.text(max_size=12)


@pytest.mark.parametrize(
    ("name", "text", "kept"),
    [
        ("monto_mxn", "1E14", False),
        ("monto_mxn", "100000000000000", False),
        ("monto_mxn", "99999999999999.9999995", False),
        ("monto_mxn", "99999999999999.9999994", True),
        ("monto_mxn", "1E13", True),
        ("votos", "9223372036854775808", False),
        ("votos", "9223372036854775807", True),
    ],
)
def test_the_largest_number_that_the_lake_holds(name: str, text: str, kept: bool) -> None:
    (verdict,) = judge("proyectos_pp", name, text)
    assert (verdict != "<rango>") is kept


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([("proyectos_pp", "monto_mxn"), ("proyectos_pp", "votos"), ("talleres", "latitud"), ("acuerdos", "tema"),
                     ("acuerdos", "fecha_acuerdo"), ("evidencias", "url"), ("proyectos_pp", "financiado")]),
    st.lists(st.one_of(_NUMBER_LIKE, _DATE_LIKE, _WORDS), min_size=1, max_size=8),
)  # fmt: skip
def test_the_fast_path_says_what_the_careful_definition_says(which: tuple[str, str], texts: list[str]) -> None:
    """A column judged at once gives each cell the verdict of `judge_cell` with the column's style."""
    column: Column = load_contract(which[0]).column(which[1])
    normal = normalised_text if column.tipo == "texto" else (lambda text: " ".join(normalised_text_keep(text).split()))
    clean = [normal(mended(text)[0]) for text in texts]
    readable = [(t, 1) for t in clean if not is_empty(t) and unreadable(t, column.tipo) is None]
    style = Style(
        NumberStyle.of(column, readable), DateStyle.of([(t, read_date(t, False), n) for t, n in readable], TODAY)
    )
    expected: list[Any] = []
    for text in clean:
        if is_empty(text):
            expected.append("<obligatoria>" if column.obligatoria else None)
        elif unreadable(text, column.tipo) is not None:
            expected.append("<no_legible>")
        else:
            verdict = judge_cell(column, text, False, TODAY, column.valores, style)
            expected.append(f"<{verdict.regla}>" if verdict.regla else verdict.value)
    assert judge(*which, *texts) == expected


def normalised_text_keep(text: str) -> str:
    from ingest.checks.words import normalised

    return normalised(text)


def test_folding() -> None:
    assert folded("  Área–Verde ") == folded("area–verde")
    assert folded("Espacio_Público") == folded("espacio-publico") == folded("ESPACIO PUBLICO")


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("21.12, -101.68", "La celda trae las dos coordenadas: escriba 21.12 en «latitud» y -101.68 en «longitud»."),
        ("21°07'20\"N", "Escríbala en grados decimales"),
        ("21 07 20 N", "Escríbala en grados decimales"),
    ],
)
def test_a_coordinate_of_another_form_is_told_as_one(text: str, remedy: str) -> None:
    verdict = judge_cell(load_contract("talleres").column("latitud"), text, False, TODAY, (), Style())
    assert verdict.correccion.startswith(remedy)


def test_a_mark_is_no_word_for_no_data() -> None:
    verdict = judge_cell(load_contract("proyectos_pp").column("financiado"), "✔", False, TODAY, (), Style())
    assert verdict.correccion == "Escriba Sí o No."


@pytest.mark.parametrize(
    ("text", "value", "how"),
    [
        ("SAPAL, IMPLAN", "SAPAL, IMPLAN", AS_ONE_VALUE),
        ("SAPAL / IMPLAN", "SAPAL / IMPLAN", AS_ONE_VALUE),
        ("SAPAL\nIMPLAN\n", "SAPAL;IMPLAN", AS_LINES),
        ("SAPAL;\nDesarrollo\nRural", "SAPAL;Desarrollo Rural", ""),
        ("SAPAL; IMPLAN", "SAPAL;IMPLAN", ""),
        ("Desarrollo Social y Humano", "Desarrollo Social y Humano", ""),
    ],
)
def test_a_list_that_is_separated_otherwise_is_told(text: str, value: str, how: str) -> None:
    column = load_contract("talleres").column("dependencias_colaboradoras")
    judged = judge_column(column, Cells(pl.Series([text])), Circumstances(TODAY))
    assert judged.values.to_list() == [value]
    assert judged.said["como"].to_list() == ([how] if how else [])


@pytest.mark.parametrize("text", ["101,68-", "(101,68)", "101,68 -"])
def test_a_sign_behind_its_number_is_told_where_it_goes(text: str) -> None:
    verdict = judge_cell(load_contract("talleres").column("longitud"), text, False, TODAY, (), Style())
    assert verdict.correccion == "¿Quiso decir -101,68? Escriba el signo menos antes del número."


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("latitud", "-101.68", "es una longitud de León, no una latitud"),
        ("longitud", "21.12", "es una latitud de León, no una longitud"),
        ("longitud", "101.68", "a la longitud le falta el signo menos"),
        ("latitud", "-21.12", "a la latitud le sobra el signo menos"),
        ("latitud", "19.4", "está fuera de lo posible"),
    ],
)
def test_a_coordinate_in_the_other_column_or_without_its_sign_is_named_as_such(
    name: str, text: str, words: str
) -> None:
    verdict = judge_cell(load_contract("talleres").column(name), text, False, TODAY, (), Style())
    assert verdict.regla == "rango" and words in (verdict.motivo or "")


@pytest.mark.parametrize(
    ("export", "name", "text", "value"),
    [
        ("talleres", "fecha_realizada", "03–09–2026", date(2026, 9, 3)),  # a word processor's dash
        ("talleres", "fecha_realizada", "03\u201109\u20112026", date(2026, 9, 3)),
        ("talleres", "fecha_realizada", "03／09／2026", date(2026, 9, 3)),
        ("talleres", "fecha_realizada", "mié 02/09/2026", date(2026, 9, 2)),  # a spreadsheet's format ddd dd/mm/yyyy
        ("talleres", "fecha_realizada", "Martes, 01/09/2026", date(2026, 9, 1)),
        ("talleres", "longitud", "—101.68", -101.68),
        ("talleres", "tipo_sede", "universidad–publica", "universidad_publica"),
        ("proyectos_pp", "avance_fisico_pct", "85％", Decimal("85")),
        ("talleres", "sede", "Salón 3 – norte", "Salón 3 – norte"),
    ],
)
def test_the_signs_of_another_keyboard(export: str, name: str, text: str, value: Any) -> None:
    assert judge(export, name, text) == [value]


@pytest.mark.parametrize("text", ["$ -", "$-", " $ -   ", "-$", "$ –"])
def test_a_zero_as_the_accounting_format_shows_it(text: str) -> None:
    assert judge("proyectos_pp", "monto_mxn", text, "1,200.00") == [Decimal(0), Decimal(1200)]


@pytest.mark.parametrize(
    "text",
    [
        "pendiente",
        "En proceso",
        "cancelado",
        "S/F",
        "N/D",
        "n.a.",
        "NULL",
        "Sin dato",
        "No aplica",
        "--",
        "…",
        "00/00/0000",
        "s/i",
    ],
)
def test_a_cell_that_says_that_there_is_no_data_is_told_to_be_left_empty(text: str) -> None:
    contract = load_contract("talleres")
    for name, words in (("fecha_realizada", "deje la celda vacía"), ("fecha_programada", "no puede ir sin él")):
        column = contract.column(name)
        judged = judge_column(column, Cells(pl.Series([text]), None), Circumstances(TODAY))
        assert judged.bad["regla"].to_list() == ["tipo"] and words in judged.bad["correccion"][0]


@pytest.mark.parametrize("text", ["Sí", "si", "SI", "ninguno", "Ninguna"])
def test_a_yes_or_a_none_is_not_told_to_be_left_empty(text: str) -> None:
    """They say something: a yes in the wrong column, a zero in words."""
    column = load_contract("eventos_mbh").column("asistentes")
    judged = judge_column(column, Cells(pl.Series([text]), None), Circumstances(TODAY))
    assert judged.bad["regla"].to_list() == ["tipo"] and "vacía" not in judged.bad["correccion"][0]


@pytest.mark.parametrize("separator", [", ", "/", " y ", " | ", " + "])
def test_a_list_with_another_separator_is_told_the_right_one(separator: str) -> None:
    column = load_contract("documentos").column("organos_validadores")
    text = f"Unidad de Transparencia{separator}ayuntamiento".replace("Unidad de T", "Unidad T")
    verdict = judge_cell(column, text, False, TODAY, column.valores, Style())
    assert verdict.regla == "categoria" and "unidad_transparencia;ayuntamiento" in verdict.correccion


@pytest.mark.parametrize(
    ("export", "name", "text"),
    [
        ("proyectos_pp", "votos", "$1,200"),  # an amount that slid into the next column
        ("proyectos_pp", "votos", "1,200.00 M.N."),
        ("proyectos_pp", "avance_fisico_pct", "$ 85"),
        ("eventos_mbh", "asistentes", "$ -"),
        ("eventos_mbh", "asistentes", "+30"),  # more than thirty
        ("proyectos_pp", "financiado", "-1"),
        ("evidencias", "url", "https://leon.gob.mx/a;https://leon.gob.mx/b"),
        ("evidencias", "url", "https://leon.gob.mx|https://leon.gob.mx/b"),
        ("evidencias", "url", "https://leon.gob.mx;otro.mx"),
    ],
)
def test_a_sign_of_something_else_is_no_value(export: str, name: str, text: str) -> None:
    assert judge(export, name, text) == ["<tipo>"]


def test_an_address_within_another_is_one() -> None:
    archived = "https://web.archive.org/web/2026/https://leon.gob.mx/a"
    assert judge("evidencias", "url", archived) == [archived]
