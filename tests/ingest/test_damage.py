"""Text damaged on its way: repaired and said where one original is possible, else a bad cell; never unsaid."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.checks.columns import Cells, Circumstances, judge_column
from ingest.checks.damage import MAX_CELL, mended, unreadable
from ingest.contract import load_contract

from .conftest import Office
from .test_dates import TODAY
from .test_delivery import CRIMES, CRIMES_PATH, crime

SPANISH = "áéíóúüñÁÉÍÓÚÜÑ¿¡°ºª«»"


def cell(text: str, column: str = "talleres.sede") -> Any:
    """A cell's value, or its broken rule in angle brackets."""
    export, _, name = column.partition(".")
    contract_column = load_contract(export).column(name)
    cells, around = Cells(pl.Series([text], dtype=pl.String)), Circumstances(TODAY, contract_column.valores)
    result = judge_column(contract_column, cells, around)
    return f"<{result.bad['regla'][0]}>" if result.bad.height else result.values[0]


def taken_for(text: str, encoding: str) -> str:
    """A text's UTF-8 bytes read as another encoding, bytes that it lacks kept as they are."""
    return "".join(
        bytes([byte]).decode(encoding, "replace").replace("\ufffd", chr(byte)) for byte in text.encode()
    )  # fmt: skip


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "mac_roman", "cp850", "cp437"])
@pytest.mark.parametrize("text", ["José María Peña", "¿CAÑÓN Nº 5?", "ÁÉÍÓÚ Üñ", "“León” – 37°", "Niño… ½"])
def test_letters_decoded_twice_are_made_whole(text: str, encoding: str) -> None:
    assert mended(taken_for(text, encoding))[0] == text
    assert mended(taken_for(taken_for(text, "cp1252"), "cp1252"))[0] == text


@given(st.text("abcdeiou AEIOU" + SPANISH, max_size=30))
def test_a_spanish_text_is_left_as_it_is_and_repaired_when_decoded_twice(text: str) -> None:
    assert mended(text) == (text, "")
    for encoding in ("cp1252", "latin-1"):
        assert mended(taken_for(text, encoding))[0] == text


@pytest.mark.parametrize(
    "text",
    ["CAFÉ»", "“GRAN CAFÉ”", "Corazón…”", "São Paulo", "SÃO PAULO", "GUIMARÃES", "Müller & Söhne", "François", "Nº°", "«BEBÉ»", "R&D;",
     "AT&T; luz", "#VIVELEÓN", "#1", "1E5", "Grupo E+", "¿Qué?sí", "?cuando abren?", "Cuando? Nadie sabe", "=1+1", "=> Sala 2", "= A 3 cuadras", "a_x000", "vea https://youtu.be/watch?v=1 y www.leon.gob.mx/a?b", "DeÁNGEL", "SanÁngel", "T_x2026_1", "12 μg/m³", "col·legi", "«Sala»«b»", "5 ± 2", "Norte–Sur", "50 ¢", "Straße", "¿Quién? ¡Él!", "https://x.mx/?a=1&copy=2", "Luz &c;", "10 kΩ", "'Casa'", "O'Farrill", "d'Art", "東京 5", 'Tubo de 4"', 'Salón "Azul"', 'Taller "Azul', 'a"b y c"d'],
)  # fmt: skip
def test_what_is_whole_stays(text: str) -> None:
    assert mended(text) == (text, "") and unreadable(text, "texto") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('="T-001"', "T-001"),
        ('="Escuela ""Uno"""', 'Escuela "Uno"'),
        ('="007"', "007"),
        ("Le&oacute;n", "León"),
        ("Obra &amp;amp; Agua", "Obra & Agua"),
        ("Peña&nbsp;Alta", "Peña Alta"),
        ("Calle&#32;5 &#x2013; B", "Calle 5 – B"),
        ("Calle_x000D_ Real", "Calle Real"),
        ("Le\\u00f3n", "León"),
        ("LeÃ³n I", "León I"),
        ("'007", "007"),
        ("'T-001", "T-001"),
        ("'=1+1", "=1+1"),
        ("Ｔ－００１", "T-001"),
    ],
)
def test_what_has_one_original_is_repaired(text: str, value: str) -> None:
    assert cell(text) == value


def test_repairs_reach_every_type() -> None:
    assert cell('="15/07/2026"', "talleres.fecha_programada").isoformat() == "2026-07-15"
    assert cell('="12"', "eventos_mbh.operadores_sac") == 12
    assert cell("https://leon.gob.mx/?a=1&amp;b=2", "evidencias.url") == "https://leon.gob.mx/?a=1&b=2"
    assert cell("gestiÃ³n", "acuerdos.tipo") == "gestion"
    assert cell('="N/A"', "acuerdos.tema") == "<obligatoria>"


ERRORS = [
    "#N/A", "#N/D", "#NV", "#REF!", "#¡REF!", "#VALUE!", "#¡VALOR!", "#WERT!", "#DIV/0!", "#¡DIV/0!", "#NAME?", "#¿NOMBRE?", "#NOM?",
    "#NUM!", "#¡NUM!", "#NULL!", "#¡NULO!", "#SPILL!", "#¡DESBORDAMIENTO!", "#CALC!", "#¡CALC!", "#GETTING_DATA", "#ERROR!", "#BEZUG!",
    "#VALEUR!", "#¡CAMPO!", "Err:502", "err:508", "####", "##########", "#n/a", " #REF! ",
]  # fmt: skip


@pytest.mark.parametrize("text", ERRORS)
@pytest.mark.parametrize(
    "column", ["talleres.sede", "talleres.taller_id", "talleres.fecha_programada", "eventos_mbh.operadores_sac", "acuerdos.tipo"]
)  # fmt: skip
def test_an_error_of_a_spreadsheet_is_unreadable_in_every_language_and_type(text: str, column: str) -> None:
    assert cell(text, column) == "<no_legible>"


@pytest.mark.parametrize(
    "text",
    ["2.02608E+11", "2,02608E+11", "4.77E+09", "2.02608e+11", "1E+05", "-1.5E+10", "Jos\ufffd", "Mar?a", "3M M?xico", "?g/m?", "?vila Camacho", "Le?n I", "A\x91b", "JosÃ", "Pe√a",
     "=SUMA(A1:A9)", "=B2", "=$B$2*1.16", "=Hoja1!B2", "='Hoja 1'!B2&C2", '="T-"&A2', "MU?OZ", "Le¿n", "Le¿«n", "Le¢n", "ni¤o", "Pe±a", "Le¾n", "JosÚ", "MarÌa", "GarcÝa", "LeÛn", "Mart·n", "Pe─a", "M‚xico", "JosΘ", "Le≤n", "=BUSCARV(A2;Hoja2!A:B;2;0)", "Ãrbol", "ï¿½",
     'Castil"los', "Leуn", "Peсa", "Leףn", "Le髇", "Le처n", "Peρa", "Mιxico", "Т-001", "Α 15"],
)  # fmt: skip
def test_what_has_no_original_is_unreadable(text: str) -> None:
    assert cell(text) == "<no_legible>" and cell(text, "talleres.taller_id") == "<no_legible>"


def test_where_letters_became_question_marks_none_of_them_is_trusted(office: Office) -> None:
    rows = "T-1,01/07/2026,Universidad Jos? Torres,otro\nT-2,02/07/2026,La ?vila,otro\nT-3,03/07/2026,Sala 4,otro\n"
    rows += "T-4,04/07/2026,¿D\u00f3nde?,otro\n"
    header = "taller_id,fecha_programada,sede,tipo_sede\n"
    whole = office.deliver("presupuesto_participativo/talleres_2026T3.csv", header + rows)
    assert whole.accepted == 4  # a question without its first mark is usual
    lost = office.deliver("presupuesto_participativo/talleres_2026T3.csv", header + rows + "T-5,05/07/2026,Le?n,otro\n")
    assert office.rules(lost) == [(row, "sede", "no_legible") for row in (2, 3, 6)]
    assert "Otras celdas del archivo perdieron acentos" in office.table(lost, "rejects")["motivo"][0]


@pytest.mark.parametrize(
    ("text", "meant"), [(r"Cancha \"El Coecillo\"", 'Cancha "El Coecillo"'), (r"O\'Farrill", "O'Farrill"), (r"C:\a", r"C:\a")]
)  # fmt: skip
def test_a_quote_that_a_program_marked_with_a_backslash_is_the_quote(text: str, meant: str) -> None:
    assert cell(text) == meant


def test_a_number_in_scientific_notation_keeps_its_value_where_no_digit_is_lost() -> None:
    assert cell("1E+05", "eventos_mbh.asistentes") == 100_000
    assert cell("1.5E+03", "proyectos_pp.monto_mxn") == 1500
    assert cell("1.23457E+11", "proyectos_pp.monto_mxn") == "<no_legible>"


@pytest.mark.parametrize(
    "column", ["talleres.sede", "talleres.fecha_programada", "eventos_mbh.operadores_sac", "evidencias.url"]
)
def test_a_cell_longer_than_a_spreadsheet_s_is_unreadable(column: str) -> None:
    assert cell("1" * (MAX_CELL + 1), column) == "<no_legible>"
    assert cell("x" * MAX_CELL) == "x" * MAX_CELL


def test_a_percentage_is_read_only_where_percentages_are_asked_for() -> None:
    assert cell("85%", "proyectos_pp.avance_fisico_pct") == 85 and cell("20%", "eventos_mbh.asistentes") == "<tipo>"


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["0.85", "1", "0", ""], 1),
        (["0,85", "0.4"], 2),
        (["0.85", "40"], 0),
        (["0.85%", "0.4"], 0),
        (["1", "0"], 0),
    ],
)
def test_a_column_of_percentages_that_looks_like_fractions_is_said(office: Office, texts: list[str], said: int) -> None:
    body = "".join(f"P-{i};Cancha;escuela;Sí;2026;{text}\n" for i, text in enumerate(texts))
    header = "proyecto_id;nombre;tipo_espacio;financiado;ejercicio_fiscal;avance_fisico_pct\n"
    receipt = office.deliver("presupuesto_participativo/proyectos_pp_2026T3.csv", header + body)
    assert receipt.state == "accepted"
    told = office.manifests()[0]["interpreted"]
    assert len(told) == min(said, 1) and sum(sentence.count("se leyó como") for sentence in told) == said
    assert all("si son fracciones" in sentence and "«0.85 %»" in sentence.replace(",", ".") for sentence in told)


TALLERES = "taller_id,fecha_programada,sede,tipo_sede,colonia\n"
PATH = "presupuesto_participativo/talleres_2026T3.csv"


def test_what_was_repaired_is_said_with_its_rows(office: Office) -> None:
    body = 'T1,01/07/2026,JosÃ©,escuela,LeÃ³n\n"=""T-2""",01/07/2026,JosÃ©,escuela,Centro\n'
    receipt = office.deliver(PATH, TALLERES + body)
    assert office.table(receipt)["taller_id"].to_list() == ["T1", "T-2"]
    said = office.manifests()[0]["interpreted"]
    assert len(said) == 3
    assert any("«JosÃ©» se leyó como «José» (fila 2 y 1 más)" in sentence for sentence in said)
    assert any('«="T-2"» se leyó como «T-2» (fila 3)' in sentence for sentence in said)


def test_repairs_of_personal_cells_are_said_without_them(office: Office) -> None:
    header = "taller_id,asistente_id,nombre,telefono,correo,edad,sexo,colonia\n"
    receipt = office.deliver(
        "presupuesto_participativo/asistencia_talleres_2026T3.csv",
        header + "T1,P-1,JosÃ© Fulano,,,20,mujer,LeÃ³n\nT1,P-2,Ana #REF!,,,20,mujer,\nT1,P-3,#REF!,,,20,mujer,\n",
    )
    assert receipt.accepted == 3
    (manifest,) = office.manifests()
    assert "Fulano" not in str(manifest) and "LeÃ" not in str(manifest) and len(manifest["interpreted"]) == 2
    assert office.table(receipt, "rejects").select("fila", "columna", "valor", "regla").rows() == [
        (4, "nombre", None, "no_legible")
    ]


def test_unreadable_keys_are_not_repeated_keys(office: Office) -> None:
    body = "2.02608E+11,01/07/2026,UG,escuela,\n2.02608E+11,02/07/2026,UG,escuela,\n#N/A,02/07/2026,UG,escuela,\n"
    receipt = office.deliver(PATH, TALLERES + body)
    assert office.rules(receipt) == [(fila, "taller_id", "no_legible") for fila in (2, 3, 4)]


def test_a_damaged_header_is_read_and_said(office: Office) -> None:
    content = (CRIMES + crime("1" + "," * 11)).replace("Año", "AÃ±o").replace("León", "LeÃ³n")
    receipt = office.deliver(CRIMES_PATH, content.replace("Cve. Municipio", '="Cve. Municipio"'))
    assert receipt.accepted == 1
    notes = office.manifests()[0]["notes"]
    assert "El encabezado «AÃ±o» venía dañado y se leyó como «Año»." in notes


def test_a_row_whose_municipality_is_damaged_is_read_or_said(office: Office) -> None:
    header = "clavesih,nombrecomun,estado,nommunicipio,latitud,longitud,corriente,namoalmac\n"
    row = "EPLGJ,El Palote,Guanajuato,{},21.17,-101.67,,9.64\n"
    body = (
        row.format("LeÃ³n")
        + row.format("Le\ufffdn").replace("EPLGJ", "OTRA")
        + row.format("Purísima").replace("EPLGJ", "P")
    )
    receipt = office.deliver("medio_ambiente/presas_2026T3.csv", header + body)
    assert (receipt.accepted, receipt.out_of_scope) == (1, 2)
    assert any("En las filas 3 no se puede leer «nommunicipio»" in note for note in office.manifests()[0]["notes"])


@pytest.mark.parametrize("text", ["mar-26", "03-jul", "3-jul-26", "01/03/2026", "2026-03-01", "sept-2026"])
def test_a_key_that_a_spreadsheet_turned_into_a_date_before_it_was_saved_as_text(office: Office, text: str) -> None:
    body = "".join(f"{key},01/07/2026,UG,escuela,\n" for key in ("T1", "T2", text))
    receipt = office.deliver(PATH, TALLERES + body)
    assert office.rules(receipt) == [(4, "taller_id", "tipo")]


def test_keys_that_are_all_so_are_keys(office: Office) -> None:
    body = "".join(f"{key},01/07/2026,UG,escuela,\n" for key in ("ene-26", "feb-26", "mar-26", "T1"))
    assert office.deliver(PATH, TALLERES + body).accepted == 4


def test_a_key_with_a_quote_that_nothing_closes_is_unreadable() -> None:
    """What is left of `"T-1"` whose first quote was lost."""
    column = load_contract("talleres").column("taller_id")
    keys = pl.Series(['T-1"', '"T-2', 'T-"3"', "T-4", None], dtype=pl.String)
    result = judge_column(column, Cells(keys), Circumstances(TODAY), is_key=True)
    assert result.bad.filter(pl.col("regla") == "no_legible")["indice"].to_list() == [0, 1]
    assert result.values.to_list() == [None, None, 'T-"3"', "T-4", None]
