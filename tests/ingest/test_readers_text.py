"""CSV and TXT: encodings, separators, line ends, title and total rows, and rows that do not split."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ingest.contract import load_contract
from ingest.readers import read
from ingest.readers.encoding import decode_text, too_long_line
from ingest.reading import Limits, Reading, RefusedFile

from .files import read_as

HEADER = [
    "mesa_id", "titulo", "eje", "fecha_programada", "fecha_realizada", "asistentes", "mujeres", "hombres", "acta_url",
]  # fmt: skip
ROWS = [
    ["M-1", "Jóvenes y ñandúes", "emprendimiento", "01/07/2026", "", "12", "6", "6", ""],
    ["M-2", "Educación", "seguridad_paz", "02/07/2026", "03/07/2026", "8", "", "", ""],
    ["M-3", "Agua, aire; y | más", "medio_ambiente_agua", "05/07/2026", "", "20", "", "", ""],
]


def _write(folder: Path, content: bytes, name: str = "mesas_trabajo_2026T3.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def _csv(rows: list[list[str]], separator: str = ",", end: str = "\n") -> str:
    return "".join(separator.join(f'"{c}"' if separator in c or '"' in c else c for c in row) + end for row in rows)


def _read(folder: Path, content: str | bytes, export: str = "mesas_trabajo") -> Reading:
    raw = content.encode() if isinstance(content, str) else content
    return read_as(export, _write(folder, raw, f"{export}_2026T3.csv"))


@pytest.mark.parametrize("separator", [",", ";", "|", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("encoding", "understood"),
    [
        ("utf-8", "utf-8"), ("utf-8-sig", "utf-8 con BOM"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16"), ("cp1252", "cp1252"),
        ("cp850", "cp850"), ("mac_roman", "mac_roman"),
    ],
)  # fmt: skip
def test_every_dialect_gives_the_same_rows(
    tmp_path: Path, separator: str, end: str, encoding: str, understood: str
) -> None:
    reading = _read(tmp_path, _csv([HEADER, *ROWS], separator, end).encode(encoding))
    assert reading.understood["codificacion"] == understood
    assert reading.understood["separador"] == separator
    assert reading.rows.columns == HEADER
    assert [[cell or "" for cell in row.values()] for row in reading.rows.to_dicts()] == ROWS
    assert reading.fila.tolist() == [2, 3, 4]
    assert not reading.bad_cells and not reading.broken


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("“Año”… de la niñez — García’s", "cp1252"),
        ("PEÑA MUÑOZ, ÁLVARO; CIÉNEGA; LEÓN", "cp850"),
        ("Jardín Niños Héroes; educación; Güero", "mac_roman"),
        ("COLONIA LEÓN MODERNO", "mac_roman"),
        ("36014|Ex-Hacienda de Durán|Ranchería", "cp1252"),
        ("Cañada de Alfaro, Acción, Ámbito", "cp850"),
    ],
)
def test_single_byte_encodings_are_told_apart(text: str, encoding: str) -> None:
    decoded = decode_text(text.encode(encoding))
    assert (decoded.encoding, decoded.utf8.decode()) == (encoding, text)


@pytest.mark.parametrize(
    "text",
    [
        "Otro\u00a0 conjunto\n" * 4 + "Sí\nSí",
        "Juan\u00a0Pérez",
        "el\u00a0parque\ndel\u00a0barrio\nJosé",
        "Sí,Centro\u00a0\n",
        "Otro\u00a0 conjunto\n",  # nothing but blanks
        "Centro\u00a0\u00a0;abril\u00a0;Luis\u00a0\n",
        "ABRIL\u00a0\n",
        "calle\u00a0de\u00a0la paz\n",
    ],
)
def test_hard_blanks_pasted_from_a_page_are_no_letters_of_dos(text: str) -> None:
    assert decode_text(text.encode("cp1252")).encoding == "cp1252"


@pytest.mark.parametrize(
    "text", ["está", "Bogotá", "diálogo", "página;será", "cuál", "mamá", "áreas", "creáis una página"]
)
def test_the_only_accented_letter_of_dos_is_no_blank(text: str) -> None:
    assert decode_text(text.encode("cp850")).utf8.decode() == text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"taller ser\xa0\nen abril\n", "En la línea 1 hay palabras"),
        (b"ser\xa0,x\nestar\xa0 x\n", "En las líneas 1, 2 hay palabras"),
        (b"ser\xa0 Le\xf3n\n", ""),  # Windows' letters say what it is
        (b"ser\xa0 Le\xa2n\n", ""),  # and those of DOS
        (b"calle\xa0de\xa0la paz\n", ""),
        (b"ABRIL\xa0\n", ""),
    ],
)
def test_a_sign_that_may_be_a_blank_or_an_accent_is_told(content: bytes, said: str) -> None:
    notes = decode_text(content).notes
    assert notes[0].startswith(said) if said else notes == ()


@pytest.mark.parametrize("other", ["cp1252", "cp850", "mac_roman"])
@pytest.mark.parametrize("share", [1, 5, 9])
def test_lines_of_two_encodings_are_each_read_in_their_own(other: str, share: int) -> None:
    """Whatever share of the lines each program wrote, and where both wrote in one line."""
    text = "Escuela José María; Niñez; ÁLVARO PEÑA; León"
    lines = [text.encode("utf-8" if index < share else other) for index in range(10)]
    both = "Jardín de Niños".encode() + b";" + "Güero Muñoz; Educación".encode(other)
    decoded = decode_text(b"\n".join([*lines, both]))
    assert decoded.utf8.decode().split("\n") == [text] * 10 + ["Jardín de Niños;Güero Muñoz; Educación"]
    assert decoded.encoding == f"utf-8 y {other} mezcladas"
    (note,) = decoded.notes
    assert "mezcla dos codificaciones" in note and f"líneas {share + 1}" in note


@pytest.mark.parametrize("text", ["“GRAN CAFÉ” y «BEBÉ»; CORAZÓ…", "AÑO Nº 5; Ñ°; É»", "Ó”; León; Ü“", "Ñandú—Ó—“x”"])
def test_words_that_are_utf8_by_chance_do_not_make_a_windows_file_mixed(text: str) -> None:
    content = (text + "\nEscuela José María Peña, León, educación").encode("cp1252")
    decoded = decode_text(content)
    assert (decoded.encoding, decoded.utf8.decode()) == ("cp1252", content.decode("cp1252"))


@pytest.mark.slow
def test_finding_the_encoding_takes_time_in_proportion_to_the_length() -> None:
    import time

    def seconds(content: bytes) -> float:
        began = time.thread_time()
        decode_text(content)
        return time.thread_time() - began

    for piece in (b"a", b"a\xe9", b"\xc3\xa9a", b"\xe9", b"\xc3", b"\xc3\xa9\xe9"):
        short, long = (min(seconds(b"\xe9 " + piece * count) for _ in range(2)) for count in (50_000, 400_000))
        assert long < 32 * short + 0.05, "eight times as long: a quadratic way would take sixty-four times"


def test_a_line_without_end_is_refused_with_its_number(tmp_path: Path) -> None:
    path = _write(tmp_path, _csv([HEADER, *ROWS]).encode() + b"x" * 1_000_001)
    with pytest.raises(RefusedFile, match=f"La línea {len(ROWS) + 2} mide más de 1,000,000 bytes"):
        read_as("mesas_trabajo", path)
    assert too_long_line(b"x" * 1_000_000 + b"\n" + b"y" * 1_000_000) is None
    assert too_long_line(b"x\n" * 900_000 + b"y" * 1_000_001) == 900_001


def test_header_below_titles_and_rows_counted_as_the_person_sees_them(tmp_path: Path) -> None:
    text = "Mesas de trabajo;;\nTercer trimestre\n\n" + _csv([["MESA ID", "Título", "EJE", "Fecha Programada"]], ";")
    text += "M-1;Uno;emprendimiento;01/07/2026\n;;;\nM-2;Dos;emprendimiento;02/07/2026\nTOTAL;2;;\n   ;;;\n"
    reading = _read(tmp_path, text)
    assert reading.understood["fila_encabezado"] == 4
    assert reading.fila.tolist() == [5, 7]
    assert reading.rows["mesa_id"].to_list() == ["M-1", "M-2"]
    assert any("totales: 8" in note for note in reading.notes)


def test_a_name_that_begins_with_total_is_no_total_row(tmp_path: Path) -> None:
    text = _csv([HEADER, ["", "Total Fitness", "emprendimiento", "01/07/2026", "", "", "", "", ""]])
    text += _csv([["Total", "Mesa", "emprendimiento", "01/07/2026", "", "", "", "", ""]])
    reading = _read(tmp_path, text)
    assert reading.fila.tolist() == [2, 3]


def test_a_total_row_whose_label_fills_the_only_obligatory_column_is_not_read(tmp_path: Path) -> None:
    """Who came may be told by name and telephone instead of an id: the total has neither."""
    text = "taller_id,asistente_id,nombre,telefono\nT1,P1,,\nT1,,Ana,4771112222\nTOTAL,,,\nTotal: 2,,,\n"
    reading = _read(tmp_path, text, "asistencia_talleres")
    assert reading.rows["taller_id"].to_list() == ["T1", "T1"]


def test_quotes_and_line_breaks_inside_cells(tmp_path: Path) -> None:
    text = ",".join(HEADER) + '\nM-1,"Dice ""hola""\ny se va",emprendimiento,01/07/2026,,,,,\n'
    text += "M-2,Dos,emprendimiento,01/07/2026,,,,,\n"
    reading = _read(tmp_path, text)
    assert reading.rows["titulo"].to_list() == ['Dice "hola"\ny se va', "Dos"]
    assert reading.fila.tolist() == [2, 3]
    assert reading.understood["lectura"] == "cuidadosa"


def test_an_open_quote_swallows_no_row(tmp_path: Path) -> None:
    """Row 3 opens a quote that row 5 would close with the right number of cells: no reader of the usual kind notices."""
    plain = "M-{},Mesa,emprendimiento,01/07/2026,,,,,\n"
    text = ",".join(HEADER) + "\n" + plain.format(1)
    text += 'M-2,"Mesa,emprendimiento,01/07/2026,,,,,\n' + plain.format(3)
    text += 'M-4,"Mesa",emprendimiento,01/07/2026,,,,,\n' + plain.format(5)
    reading = _read(tmp_path, text)
    assert reading.fila.tolist() == [2, 3, 4, 5, 6]
    assert reading.rows["mesa_id"].to_list() == ["M-1", None, "M-3", "M-4", "M-5"]
    assert reading.broken == {3}
    assert [(cell.fila, cell.regla) for cell in reading.bad_cells] == [(3, "no_legible")]


def test_ragged_rows_are_kept_and_named(tmp_path: Path) -> None:
    text = ",".join(HEADER) + "\nM-1,Uno,emprendimiento,01/07/2026,,,,,\nM-2,Dos\n\n"
    text += "M-3,Tres,emprendimiento,01/07/2026,,,,,\nM-4,Cuatro,con coma,emprendimiento,01/07/2026,,,,,\n"
    reading = _read(tmp_path, text)
    assert reading.fila.tolist() == [2, 3, 5, 6]
    assert reading.rows["mesa_id"].to_list() == ["M-1", None, "M-3", None]
    assert {cell.fila: cell.columna for cell in reading.bad_cells} == {3: "eje", 6: "mesa_id"}
    assert "le faltan celdas" in reading.bad_cells[0].motivo and "le sobran celdas" in reading.bad_cells[1].motivo


def test_a_separator_after_every_row_is_no_cell(tmp_path: Path) -> None:
    reading = _read(tmp_path, ",".join(HEADER) + "\n" + "M-1,Uno,emprendimiento,01/07/2026,,,,,,\n" * 3)
    assert reading.rows.height == 3 and not reading.bad_cells


def test_a_blank_after_each_separator_hides_no_quote(tmp_path: Path) -> None:
    text = '"mesa_id", "titulo", "eje", "fecha_programada"\n"M-1", "Uno, dos", "emprendimiento", "01/07/2026"\n'
    reading = _read(tmp_path, text)
    assert reading.rows["titulo"].to_list() == ["Uno, dos"] and not reading.bad_cells


@pytest.mark.parametrize("above", ["sep=;\n", "", "Mesas;;;\n"])
def test_header_names_over_two_lines(tmp_path: Path, above: str) -> None:
    text = above + '"mesa\nid";titulo;eje;"fecha\nprogramada"\nM-1;Uno;emprendimiento;01/07/2026\n'
    reading = _read(tmp_path, text)
    assert reading.rows["fecha_programada"].to_list() == ["01/07/2026"]
    assert reading.fila.tolist() == [3 if above.startswith("Mesas") else 2]  # a spreadsheet does not show the line sep=


def test_a_broken_row_shows_nothing_where_there_are_personal_columns(tmp_path: Path) -> None:
    header = "taller_id,asistente_id,nombre,telefono,edad"
    reading = _read(tmp_path, f"{header}\nT-1,A-1,Juan Pérez\n", "asistencia_talleres")
    (cell,) = reading.bad_cells
    assert cell.valor is None and "Juan" not in cell.motivo


@pytest.mark.parametrize("seed", range(40))
def test_the_careful_reader_counts_every_row_of_a_damaged_file(tmp_path: Path, seed: int) -> None:
    """Rows without quotes stay whole whatever is done to their neighbours."""
    dice = random.Random(seed)
    lines = [f"M-{i},Mesa {i},emprendimiento,01/07/2026,,{i},,," for i in range(60)]
    damaged = sorted(dice.sample(range(60), 8))
    for index in damaged:
        cut = dice.choice(['"', 'x"', '"x"y', ",", ",,"])
        place = dice.randrange(len(lines[index]) - 4)
        lines[index] = lines[index][:place] + cut + lines[index][place:]
    reading = _read(tmp_path, ",".join(HEADER) + "\n" + "\n".join(lines) + "\n")
    by_row = dict(zip(reading.fila.tolist(), reading.rows.to_dicts(), strict=True))
    for index in set(range(60)) - set(damaged):
        assert by_row[index + 2]["mesa_id"] == f"M-{index}"
    assert len(by_row) == 60


def test_fast_and_careful_paths_read_alike(tmp_path: Path) -> None:
    rows = [[f"M-{i}", f"Mesa {i}", "emprendimiento", "01/07/2026", "", str(i), "", "", ""] for i in range(2000)]
    fast = _read(tmp_path, _csv([HEADER, *rows]))
    careful = _read(tmp_path, _csv([HEADER, *rows]) + "M-x,roto\n")
    assert (fast.understood["lectura"], careful.understood["lectura"]) == ("rápida", "cuidadosa")
    assert fast.rows.equals(careful.rows.head(2000))


def test_a_missing_obligatory_column_refuses_the_file_and_names_the_near_miss(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile) as refused:
        _read(tmp_path, "mesa_id,titulos,eje\nM-1,Uno,emprendimiento\n")
    reasons = " ".join(refused.value.reasons)
    assert "«titulo», «fecha_programada»" in reasons
    assert "El archivo trae «titulos»: ¿quiso decir «titulo»?" in reasons


def test_a_file_without_any_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="No se encontró la fila de encabezados"):
        _read(tmp_path, "uno,dos\n1,2\n")


def test_a_header_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="más de una vez"):
        _read(tmp_path, ",".join([*HEADER, "Título"]) + "\n" + "x," * 9 + "\n")


def test_unknown_columns_are_dropped_and_named_and_missing_optional_ones_said(tmp_path: Path) -> None:
    reading = _read(
        tmp_path, "mesa_id,titulo,eje,fecha_programada,notas,asistente\nM-1,Uno,emprendimiento,01/07/2026,x,\n"
    )
    assert "notas" not in reading.rows.columns
    notes = " ".join(reading.notes)
    assert "«notas» (columna E)" in notes and "fecha_realizada" in notes
    assert "«asistente»: ¿quiso decir «asistentes»?" in notes
    assert "asistentes" in reading.missing_optional


@pytest.mark.parametrize("header", ["asistente", "Asistentess", "fecha_realisada", "fecha realizada real"])
def test_a_column_with_data_that_nearly_is_a_missing_one_is_not_left_out_unsaid(tmp_path: Path, header: str) -> None:
    with pytest.raises(RefusedFile) as refused:
        _read(tmp_path, f"mesa_id,titulo,eje,fecha_programada,{header}\nM-1,Uno,emprendimiento,01/07/2026,3\n")
    (reason,) = refused.value.reasons
    assert f"La columna «{header}» (columna E) trae datos" in reason and "¿quiso decir" in reason


@pytest.mark.parametrize("name", ["fecha_realizada", "acta_url"])
def test_a_column_under_the_title_of_a_missing_one_is_not_left_out_unsaid(tmp_path: Path, name: str) -> None:
    """What the template's instructions call a column is often written as its header."""
    title = load_contract("mesas_trabajo").column(name).titulo
    header = f"mesa_id,titulo,eje,fecha_programada,{title}"
    with pytest.raises(RefusedFile, match=f"¿quiso decir «{name}»"):
        _read(tmp_path, f"{header}\nM-1,Uno,emprendimiento,01/07/2026,3\n")


def test_a_column_with_data_among_the_others_and_without_header_is_not_left_out_unsaid(tmp_path: Path) -> None:
    with pytest.raises(RefusedFile, match="La columna E trae datos y no tiene encabezado"):
        _read(tmp_path, "mesa_id,titulo,eje,fecha_programada,,sede\nM-1,Uno,emprendimiento,01/07/2026,3,Sala\n")


def test_header_only_is_an_empty_delivery(tmp_path: Path) -> None:
    reading = _read(tmp_path, ",".join(HEADER) + "\n\n")
    assert reading.rows.height == 0 and reading.rows.columns == HEADER


def test_baja_is_read_where_it_may_come(tmp_path: Path) -> None:
    reading = _read(tmp_path, ",".join([*HEADER, "Baja"]) + "\nM-1,Uno,emprendimiento,01/07/2026,,,,,,Sí\n")
    assert reading.rows["baja"].to_list() == ["Sí"]


def test_positions_without_a_header(tmp_path: Path) -> None:
    line = "37000|León Centro|Colonia|León|Guanajuato|León|37001|11|37001|09|020|0001|Urbano|05\n"
    other = line.replace("|León|Guanajuato", "|Silao|Guanajuato")
    reading = _read(tmp_path, (line + other).encode("cp1252"), "codigos_postales")
    assert reading.scope is not None and reading.scope.to_series().to_list() == ["León", "Silao"]
    assert reading.rows["asentamiento_id"].to_list() == ["0001", "0001"]
    assert reading.fila.tolist() == [1, 2]
    with pytest.raises(RefusedFile, match="14 columnas"):
        _read(tmp_path, "a,b\n1,2\n", "codigos_postales")


def test_limits(tmp_path: Path) -> None:
    contract = load_contract("mesas_trabajo")
    path = _write(tmp_path, _csv([HEADER, *ROWS * 50]).encode())
    with pytest.raises(RefusedFile, match="más de 100 filas"):
        read(path, contract, Limits(10**6, 10**6, 100, 500))
    with pytest.raises(RefusedFile, match="límite es 5"):
        read(path, contract, Limits(10**6, 10**6, 1000, 5))
    with pytest.raises(RefusedFile, match="pesa"):
        read(path, contract, Limits(100, 10**6, 1000, 500))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("damage", ["short", "long", "long and short", "blank", "trailing"])
def test_an_irregular_row_without_quotes_is_seen(tmp_path: Path, separator: str, damage: str) -> None:
    """The fast parser alone would fill a short row with nulls; a long row beside a short one leaves the total as it was."""
    lines = [separator.join([f"M-{i}", *["x"] * (len(HEADER) - 1)]) for i in range(50)]
    if "long" in damage:
        lines[20] += separator + "de más"
    if "short" in damage:
        lines[30] = lines[30].rsplit(separator, 1)[0]
    if damage == "blank":
        lines[25] = ""
    if damage == "trailing":
        lines[20] += separator
    reading = _read(tmp_path, "\r\n".join([separator.join(HEADER), *lines]) + "\r\n")
    assert reading.understood["lectura"] == "cuidadosa"
    ids = dict(zip(reading.fila.tolist(), reading.rows["mesa_id"].to_list(), strict=True))
    untouched = set(range(50)) - {20, 25, 30}
    assert all(ids[index + 2] == f"M-{index}" for index in untouched)
    assert len(ids) + (damage == "blank") == 50


def test_a_header_that_is_repeated_below_is_no_row(tmp_path: Path) -> None:
    """Pages of a report, or a block pasted below another."""
    reading = _read(tmp_path, _csv([HEADER, ROWS[0], HEADER, ROWS[1], [cell.upper() for cell in HEADER], ROWS[2]]))
    assert reading.rows["mesa_id"].to_list() == ["M-1", "M-2", "M-3"]
    assert any("repiten el encabezado: 3, 5." in note for note in reading.notes)


def test_another_table_below_the_rows_is_not_read_into_the_wrong_columns(tmp_path: Path) -> None:
    other = [HEADER[0], HEADER[2], HEADER[1], *HEADER[3:]]
    with pytest.raises(RefusedFile, match="En la fila 3 empieza otra tabla"):
        _read(tmp_path, _csv([HEADER, ROWS[0], other, ROWS[1]]))


def test_a_cell_that_reads_like_a_header_is_a_cell(tmp_path: Path) -> None:
    reading = _read(tmp_path, _csv([HEADER, ["titulo", "eje", *ROWS[0][2:]], ROWS[1]]))
    assert reading.rows.height == 2


def test_several_separators_after_a_row_are_no_cells(tmp_path: Path) -> None:
    reading = _read(
        tmp_path, ",".join(HEADER) + "\nM-1,Uno,emprendimiento,01/07/2026,,,,,,,,\nM-2,Dos,x,emprendimiento,,,,,,,\n"
    )
    assert reading.rows["mesa_id"].to_list() == ["M-1", None]
    assert [(cell.fila, cell.regla) for cell in reading.bad_cells] == [(3, "no_legible")]


def test_the_group_of_a_form_before_its_questions_is_no_part_of_their_names(tmp_path: Path) -> None:
    grouped = ["mesa/mesa_id", "mesa/titulo", "mesa/eje", "fechas/fecha_programada", "asistentes", "_uuid"]
    reading = _read(tmp_path, _csv([grouped, ["M-1", "Mesa", "emprendimiento", "01/07/2026", "3", "x"]]))
    assert reading.rows.row(0) == ("M-1", "Mesa", "emprendimiento", "01/07/2026", "3")
    assert "como «mesa/mesa_id»; se leyeron sin él" in reading.notes[0]


@pytest.mark.parametrize(
    ("numbers", "taken"), [("0123", True), ("1234", True), ("1224", False), ("2345", False), (["1.0", "2.0", "3.0", ""], True)]
)  # fmt: skip
def test_a_column_that_only_numbers_the_rows_needs_no_header(
    tmp_path: Path, numbers: Sequence[str], taken: bool
) -> None:
    rows = [[number, f"M-{i}", "Mesa", "emprendimiento", "01/07/2026"] for i, number in enumerate(numbers)]
    text = _csv([["", *HEADER[:4]], *rows])
    if taken:
        assert "no tienen encabezado; no se guardaron: A." in " ".join(_read(tmp_path, text).notes)
    else:
        with pytest.raises(RefusedFile, match="La columna A trae datos y no tiene encabezado"):
            _read(tmp_path, text)


def test_a_stroke_between_two_names_is_no_group(tmp_path: Path) -> None:
    header = ["mesa_id", "titulo", "eje", "fecha_programada", "mujeres/hombres"]
    with pytest.raises(RefusedFile, match="La columna «mujeres/hombres»"):
        _read(tmp_path, _csv([header, ["M-1", "Mesa", "emprendimiento", "01/07/2026", "3"]]))


@pytest.mark.parametrize("header", ["monto_mxn (miles)", "monto_mxn mdp"])
def test_a_header_of_another_unit_is_not_only_spelt_otherwise(tmp_path: Path, header: str) -> None:
    text = f"proyecto_id,nombre,tipo_espacio,financiado,ejercicio_fiscal,{header}\nP-1,Parque,otro,Sí,2026,5\n"
    with pytest.raises(RefusedFile, match="escriba las cantidades completas"):
        _read(tmp_path, text, "proyectos_pp")


def _as_excel_saves(rows: list[list[str]]) -> str:
    """Sixteen rows at a time, each with as many cells as the longest of them uses."""
    lines = []
    for start in range(0, len(rows), 16):
        block = rows[start : start + 16]
        width = max(max((place for place, cell in enumerate(row, 1) if cell), default=1) for row in block)
        lines += [",".join(row[:width]) for row in block]
    return "\r\n".join(lines) + "\r\n"


def _tables(count: int) -> list[list[str]]:
    """Tables of work of which nothing is known but that they are planned, below their header."""
    return [HEADER, *([f"M-{i}", "Mesa", "emprendimiento", "01/07/2026", "", "", "", "", ""] for i in range(1, count))]


@pytest.mark.parametrize("length", [15, 16, 32, 33, 34, 35, 48, 60])
def test_excel_leaves_out_the_last_cells_of_sixteen_rows_that_have_none(tmp_path: Path, length: int) -> None:
    rows = _tables(length)
    rows[-1][4] = "02/07/2026"
    reading = _read(tmp_path, _as_excel_saves(rows))
    short = (length - 32 if length > 32 else 0) % 16  # rows of a last block so short that they may be cut
    lost = {length - i for i in range(short)} if short in (1, 2) else set()
    assert reading.broken == lost and reading.rows.height == length - 1
    kept = [row[0] for number, row in enumerate(rows, 1) if number > 1 and number not in lost]
    assert reading.rows["mesa_id"].drop_nulls().to_list() == kept
    assert sum("como las guarda Excel" in note for note in reading.notes) == (
        (length > 16 and short not in (1, 2)) or length > 32
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: [*lines[:20], lines[20] + ",", *lines[21:]],  # one row is longer than the others of its block
        lambda lines: ["Reporte de mesas,,,,,,,,", *lines],  # the blocks stand elsewhere
        lambda lines: [*lines[:16], *(",".join(line.split(",")[:3]) for line in lines[16:])],  # an obligatory cell is gone
        lambda lines: [*lines[:16], *(line.replace("emprendimiento,", "", 1) + ",1" for line in lines[16:])],  # a cell is gone
        lambda lines: [*lines[:16], *(line + "," for line in lines[16:])],  # no row uses the last cell
    ],
)  # fmt: skip
def test_sixteen_short_rows_of_another_making_are_broken(
    tmp_path: Path, change: Callable[[list[str]], list[str]]
) -> None:
    lines = _as_excel_saves(_tables(32)).split("\r\n")[:-1]
    assert len(_read(tmp_path, "\n".join(lines)).broken) == 0
    assert len(_read(tmp_path, "\n".join(change(lines))).broken) >= 15


@pytest.mark.parametrize(
    ("line", "reason", "remedy"),
    [
        ("M-1;Uno;emprendimiento;01/07/2026;;;;;", "con punto y coma y el encabezado con coma", "el mismo separador"),
        ("Fuente: Instituto de la Juventud", "le faltan celdas", "Si es una nota"),
        ("M-1,Uno,emprendimiento,01/07/2026,,1,5,2,3,", "le sobran celdas", "un número lleva coma"),
    ],
)
def test_a_row_that_does_not_split_is_told_why(tmp_path: Path, line: str, reason: str, remedy: str) -> None:
    reading = _read(tmp_path, ",".join(HEADER) + f"\n{line}\nM-2,Dos,emprendimiento,02/07/2026,,,,,\n")
    assert reading.rows["mesa_id"].to_list() == [None, "M-2"]
    (cell,) = reading.bad_cells
    assert reason in cell.motivo and remedy in cell.correccion


@pytest.mark.parametrize("separator", ["^", "~", ":", "  "])
def test_names_that_all_stand_in_one_cell_are_told_as_such(tmp_path: Path, separator: str) -> None:
    with pytest.raises(RefusedFile, match="todos en una sola celda"):
        _read(tmp_path, separator.join(HEADER) + "\n" + separator.join(ROWS[0]) + "\n")


@pytest.mark.parametrize("encoding", ["cp1252", "cp850", "mac_roman"])
@pytest.mark.parametrize("word", ["Sí", "SÍ", "Tú", "José", "JOSÉ", "MENÚ", "ÚLTIMO", "Nº 5", "Él", "Ñandú", "León"])
def test_one_word_is_enough_to_tell_the_encoding(word: str, encoding: str) -> None:
    """A column of Sí and No is all that many files have beyond ASCII."""
    assert (
        decode_text(f"clave,texto\n1,{word}\n2,No\n".encode(encoding)).utf8.decode() == f"clave,texto\n1,{word}\n2,No\n"
    )


@pytest.mark.parametrize("header", ["lat", "Latitud WGS 84", "latitud (grados decimales)", "LATITUD Y"])
def test_a_column_with_the_beginning_of_a_name_is_not_left_out_unsaid(tmp_path: Path, header: str) -> None:
    """Coordinates that nobody missed would leave a project without its place on the map."""
    text = f"taller_id,fecha_programada,sede,tipo_sede,{header}\nT-1,01/07/2026,Salón,escuela,21.12\n"
    with pytest.raises(RefusedFile, match="latitud"):
        _read(tmp_path, text, "talleres")
    assert _read(tmp_path, text.replace(header, "notas"), "talleres").rows.height == 1


def test_the_end_of_a_text_of_two_lines_is_no_row(tmp_path: Path) -> None:
    """The line that closes a first cell splits into as many cells as a row; it is not one."""
    text = (
        ",".join(HEADER)
        + '\n"M-1\nbis",Uno,emprendimiento,01/07/2026,,,,,\n"M-2\n\notra vez",Dos,emprendimiento,02/07/2026,,,,,\n'
    )
    reading = _read(tmp_path, text + "M-3,Tres,emprendimiento,03/07/2026,,,,,\n")
    assert reading.rows["mesa_id"].to_list() == ["M-1\nbis", "M-2\n\notra vez", "M-3"]
    assert reading.fila.tolist() == [2, 3, 4] and not reading.bad_cells
    # A stray quote: its line would be a row without it.
    text = ",".join(HEADER) + '\n"M-1,Uno,emprendimiento,01/07/2026,,,,,\nM-2 12",Dos,emprendimiento,02/07/2026,,,,,\n'
    reading = _read(tmp_path, text)
    assert reading.rows["mesa_id"].to_list() == [None, 'M-2 12"']


PROJECTS = "proyecto_id,nombre,tipo_espacio,financiado,ejercicio_fiscal,monto_mxn,votos,fecha_inicio,colonia\n"


def test_a_row_that_names_more_than_a_total_is_no_total(tmp_path: Path) -> None:
    """Its key is missing: it is told to its author and not left out."""
    rows = [
        ["", "Suma de Esfuerzos", "emprendimiento", "01/07/2026", *[""] * 5],
        ["Total", "mesas", "", "", "", "30", "", "", ""],
    ]
    reading = _read(tmp_path, _csv([HEADER, ROWS[0], *rows]))
    assert reading.rows["titulo"].to_list()[1:] == ["Suma de Esfuerzos"]
    assert any("filas de totales: 4." in note for note in reading.notes)


def test_a_row_in_which_only_its_number_stands_is_blank(tmp_path: Path) -> None:
    """Forms come with their lines numbered in advance. A word is something that somebody wrote."""
    header = "No.,mesa_id,titulo,eje,fecha_programada,notas"
    lines = ["1,M-1,Uno,emprendimiento,01/07/2026,", "2,,,,,", "3,,,,,", "4,,,,,ojo"]
    reading = _read(tmp_path, "\n".join([header, *lines]) + "\n")
    assert reading.fila.tolist() == [2, 5]


def test_a_separator_too_many_may_have_moved_the_cells_behind_it(tmp_path: Path) -> None:
    """Behind an empty cell nothing tells a number of people from the next one."""
    header = ",".join(HEADER).replace(",", ";")
    rows = [
        "M-1;Uno;emprendimiento;06/08/2026;;;;1616;;",
        "M-2;Dos;emprendimiento;06/08/2026;;30;10;20;;",
        "M-3;Tres;emprendimiento;06/08/2026;;;;;;;",
    ]
    reading = _read(tmp_path, "\n".join([header, *rows]) + "\n")
    assert reading.rows["mesa_id"].to_list() == [None, "M-2", "M-3"]
    assert reading.rows["asistentes"].to_list() == [None, "30", None]


@pytest.mark.parametrize(
    ("row", "votes"),
    [
        ("P-1,Parque,otro,Sí,2026,1250,50,,,", None),  # 1250,50
        ("P-1,Parque,otro,Sí,2026,1,250,,,", None),
        ("P-1,Parque,otro,Sí,2026,1250,1500,,,", "1500"),  # no comma groups four digits
        ("P-1,Parque,otro,Sí,2026,,50,,,", None),  # the votes, or the amount behind a comma too many
        ('P-1,Parque,otro,Sí,2026,"1250,50",7,,', "7"),
    ],
)
def test_a_number_that_its_comma_split_is_not_read_as_two(tmp_path: Path, row: str, votes: str | None) -> None:
    """Its decimals would be the votes, where the cells behind them are empty."""
    reading = _read(tmp_path, f"{PROJECTS}{row}\nP-2,Plaza,otro,no,2026,1250,7,,\n", "proyectos_pp")
    assert reading.rows["votos"].to_list() == [votes, "7"]
    assert [(cell.fila, cell.regla) for cell in reading.bad_cells] == ([] if votes else [(2, "no_legible")])


@pytest.mark.parametrize(
    ("export", "header", "row", "other"),
    [
        ("integrantes_cabildo", "integrante_id,ejercicio,sector,institucion,fecha_integracion", "I1,2026,otro,UG,", "comite_seleccion"),
        ("asistencia_talleres", "taller_id,fecha_programada,sede,tipo_sede,colonia", "T-1,01/07/2026,UG,escuela,", "talleres"),
        ("mesas_trabajo", "sesion_id,titulo,eje,fecha_programada", "S-1,Uno,emprendimiento,01/07/2026", "sesiones_escuela"),
        ("encuestas_satisfaccion", "taller_id,fecha_programada,sede,tipo_sede", "T-1,01/07/2026,UG,escuela", "talleres"),
    ],
)  # fmt: skip
def test_a_file_under_the_name_of_another_delivery_is_refused_with_its_own(
    tmp_path: Path, export: str, header: str, row: str, other: str
) -> None:
    with pytest.raises(RefusedFile, match=f"parece ser la entrega «{other}» y no «{export}»"):
        _read(tmp_path, f"{header}\n{row}\n", export)


def test_a_table_that_joins_two_deliveries_is_the_one_that_its_name_says(tmp_path: Path) -> None:
    joined = "acuerdo_id,evento_id,fecha_acuerdo,tipo,tema,dependencia,fecha,funcionarios_seguridad,operadores_sac,asistentes,mujeres,hombres,localidad,dependencias_presentes,fecha_finalizacion"
    row = "A1,E1,01/07/2026,gestion,Agua,SAPAL,01/07/2026,1,1,9,5,4,,,"
    assert _read(tmp_path, f"{joined}\n{row}\n", "acuerdos").rows["acuerdo_id"].to_list() == ["A1"]
