"""The workbooks of a candidate: what a person sees who opens one, and that equal tables give equal bytes."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import pytest
from python_calamine import load_workbook

from pamga.engine import connect
from pamga.settings import Settings
from warehouse.workbook import _letters, make_readable, width

WORDS = "Dirección & <Movilidad> de León, una de nombre largo"
DICTIONARY = [("clave", "Qué distingue la fila", "", ""), ("area", WORDS, "", "una, otra"), ("dia", "Día", "días", "")]


def written(folder: Path, rows: int) -> Path:
    """A workbook as DuckDB writes it, made readable."""
    path = folder / f"libro{rows}.xlsx"
    with connect(Settings(data=folder), extensions=("excel",)) as connection:
        connection.execute(
            f"copy (select i as clave, '{WORDS}' as area, date '2026-09-30' + i::integer as dia from range({rows}) t(i)) "
            f"to '{path}' (format xlsx, header true, sheet 'libro')"
        )
    make_readable(path, [width(2, "clave"), width(len(WORDS), "area"), width(10, "dia")], rows, DICTIONARY)
    return path


def test_a_person_can_read_it(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(written(tmp_path, 3))
    assert book.sheetnames == ["libro", "Diccionario"]
    sheet = book["libro"]
    assert [cell.value for cell in sheet[1]] == ["clave", "area", "dia"]
    assert all(cell.font.b for cell in sheet[1])
    assert not any(cell.font.b for cell in sheet[2])
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:C4")
    assert sheet.column_dimensions["B"].width == len(WORDS)
    assert sheet.column_dimensions["A"].width >= len("clave") + 4
    assert (sheet["B3"].value, sheet["C3"].value.isoformat(), sheet["C3"].number_format) == (
        WORDS, "2026-10-01T00:00:00", "dd/mm/yyyy",
    )  # fmt: skip
    said = [[cell.value or "" for cell in row] for row in book["Diccionario"]]
    assert said == [["Columna", "Qué es", "Unidad", "Valores posibles"], *map(list, DICTIONARY)]


@pytest.mark.parametrize("rows", [0, 1, 500])
def test_other_readers_find_the_same_rows(tmp_path: Path, rows: int) -> None:
    path = written(tmp_path, rows)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
    found = load_workbook(str(path)).get_sheet_by_index(0).to_python()
    assert (found[0], len(found) - 1) == (["clave", "area", "dia"], rows)
    with connect(Settings(data=tmp_path), extensions=("excel",)) as connection:
        assert connection.execute(f"select count(*) from read_xlsx('{path}', header = true)").fetchone() == (rows,)


def test_equal_tables_give_equal_bytes(tmp_path: Path) -> None:
    (tmp_path / "otra").mkdir()
    assert written(tmp_path, 20).read_bytes() == written(tmp_path / "otra", 20).read_bytes()


@pytest.mark.parametrize(
    ("number", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (52, "AZ"), (702, "ZZ"), (703, "AAA")]
)
def test_names_of_columns(number: int, letters: str) -> None:
    assert _letters(number) == letters
