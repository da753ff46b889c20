"""The sample inbox: the same bytes every time, every export, every planted mistake where the constants say it is."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path
from typing import get_args

import openpyxl
import pytest

from ingest.contract import export_names, load_contract
from ingest.reading import Rule
from ingest.sample import MISTAKES, PLANTED_PERSONAL_VALUES, REPETITIONS, write_inbox
from ingest.sample.geography import MUNICIPALITY_OUTLINE, City
from ingest.sample.history import Record, deliveries
from ingest.sample.mistakes import MARKED_PUBLISHABLE, PERSONAL_CELLS
from pamga.layout import EXAMPLE_MARKER
from pamga.quarter import Quarter

ALL_RULES = {*get_args(Rule)} - {"geometria"}  # no sheet holds a shape: what is wrong with one is planted in the layers


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inbox")
    write_inbox(folder)
    return folder


def contents(folder: Path) -> dict[str, tuple[bytes, float]]:
    return {
        p.relative_to(folder).as_posix(): (p.read_bytes(), p.stat().st_mtime)
        for p in folder.rglob("*")
        if p.is_file() and p.name != EXAMPLE_MARKER
    }


@cache
def table(path: Path) -> list[list[str]]:
    """The rows below the header, as text."""
    if path.suffix == ".xlsx":
        rows = list(openpyxl.load_workbook(path).active.iter_rows(min_row=4, values_only=True))
        return [["" if cell is None else str(cell) for cell in row] for row in rows[1:]]
    raw = path.read_bytes()
    text = raw.decode("utf-8-sig") if raw.startswith(b"\xef\xbb\xbf") else _decoded(raw)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in text.splitlines()[0] else ","))[1:]


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252")


def delivered(inbox: Path, dependencia: str, export: str, trimestre: str) -> list[list[str]]:
    (path,) = (inbox / dependencia).glob(f"{export}_{trimestre}.*")
    return table(path)


def test_same_seed_same_bytes_and_times(inbox: Path, tmp_path: Path) -> None:
    write_inbox(tmp_path)
    assert contents(tmp_path) == contents(inbox)


def test_another_seed_gives_another_story_in_the_same_files(inbox: Path, tmp_path: Path) -> None:
    write_inbox(tmp_path, seed=7)
    other, ours = contents(tmp_path), contents(inbox)
    assert other.keys() == ours.keys()
    assert (
        other["presupuesto_participativo/acuerdos_2026T3.csv"] != ours["presupuesto_participativo/acuerdos_2026T3.csv"]
    )


def test_the_inbox_says_that_it_is_an_example(inbox: Path) -> None:
    assert "DATOS DE EJEMPLO" in (inbox / EXAMPLE_MARKER).read_text(encoding="utf-8")


def test_every_export_with_a_contract_is_delivered(inbox: Path) -> None:
    missing = [export for export in export_names() if not any(inbox.glob(f"*/{export}_20*T[1-4].*"))]
    assert not missing


def test_the_bank_of_proposals_is_annex_2_of_the_plan(inbox: Path) -> None:
    rows = delivered(inbox, "unidad_transparencia", "banco_propuestas", "2025T3")
    distinct = [row for row in rows if not row[3]]
    assert (len(rows), len({row[0] for row in rows}), len(distinct)) == (63, 63, 60)
    assert sum(bool(row[4]) for row in distinct) == 22
    assert {row[3] for row in rows if row[3]} <= {row[0] for row in distinct}


def test_the_columns_are_those_of_the_contract(inbox: Path) -> None:
    for path in inbox.glob("*/*_20*T[1-4].csv"):
        export = path.stem.rpartition("_")[0]
        if export in ("incidencia_delictiva", "estaciones_calidad_aire", "presas") or path.parent.name == "economia":
            continue  # layouts of other bodies; a file of an office that does not owe it
        known = load_contract(export).names | {"baja"}
        header = _decoded(path.read_bytes().removeprefix(b"\xef\xbb\xbf")).splitlines()[0].replace(";", ",").split(",")
        assert set(header) <= known, path.name


def test_quarters_run_from_2024T3_to_2026T3(inbox: Path) -> None:
    quarters = {path.stem.rpartition("_")[2] for path in inbox.glob("presupuesto_participativo/talleres_*")}
    assert sorted(quarters) == ["2024T3", "2024T4", *(f"{y}T{n}" for y in (2025, 2026) for n in (1, 2, 3, 4))][:9]


def test_volumes_of_a_real_year(inbox: Path) -> None:
    def keys(export: str, column: int, starts: str) -> int:
        rows = [
            row
            for path in inbox.glob(f"presupuesto_participativo/{export}_20*")
            for row in table(path)
            if row and len(row) > column
        ]
        return len({row[column] for row in rows if row[column].startswith(starts)})

    assert keys("talleres", 0, "T-2025") == 60
    assert keys("eventos_mbh", 0, "MBH-2025") == 45
    assert 850 <= keys("acuerdos", 0, "A-2025") <= 950
    assert keys("encuestas_satisfaccion", 0, "E-2025") >= 1495  # a few spoiled on purpose
    assert keys("proyectos_pp", 0, "PY-2025") == 60
    attendances = sum(
        row[0].startswith("T-2025") for path in inbox.glob("*/asistencia_talleres_2025T*") for row in table(path) if row
    )
    assert 2300 <= attendances <= 2700


def test_the_dialects_of_offices_are_all_there(inbox: Path) -> None:
    raws = [path.read_bytes() for path in inbox.glob("*/*.csv")]
    assert any(raw.startswith(b"\xef\xbb\xbf") for raw in raws)
    windows = [raw for raw in raws if b";" in raw.splitlines()[0]]
    assert any(_decoded(raw) != raw.decode("utf-8", errors="replace") for raw in windows)
    book = openpyxl.load_workbook(next(inbox.glob("presupuesto_participativo/talleres_2024T4.xlsx"))).active
    assert book["A1"].value.startswith("Municipio de León") and book["A4"].value == "Taller id"
    days = openpyxl.load_workbook(next(inbox.glob("presupuesto_participativo/acuerdos_2025T2.xlsx"))).active
    assert isinstance(days["C5"].value, date)


@pytest.mark.parametrize(
    "mistake",
    [*MISTAKES, *PERSONAL_CELLS, *MARKED_PUBLISHABLE],
    ids=lambda m: f"{m.export}-{m.trimestre}-{m.row}-{m.column}",
)
def test_each_planted_cell_is_in_its_file(inbox: Path, mistake: object) -> None:
    rows = delivered(inbox, mistake.dependencia, mistake.export, mistake.trimestre)  # type: ignore[attr-defined]
    written = "" if mistake.written is None else str(mistake.written)  # type: ignore[attr-defined]
    cells = rows[mistake.row]  # type: ignore[attr-defined]
    assert written in cells or (written in ("#DIV/0!",) and "=1/0" in cells)


def test_every_rule_of_a_cell_is_broken_somewhere(inbox: Path) -> None:
    assert {m.rule for m in (*MISTAKES, *REPETITIONS)} - {None} == ALL_RULES
    shapes = (inbox / "implan" / "colonias_2026T3.geojson").read_text(encoding="utf-8")
    assert '"geometry":null' in shapes  # the rule geometria


def test_planted_personal_values_are_in_the_inbox_and_cover_the_planted_cells(inbox: Path) -> None:
    everything = "\n".join(
        " ".join(cell for row in table(path) for cell in row)
        for path in inbox.glob("*/*")
        if path.suffix in (".csv", ".xlsx")
    )
    assert [value for value in PLANTED_PERSONAL_VALUES if value not in everything] == []
    for cell in PERSONAL_CELLS:
        assert any(value in str(cell.written) for value in PLANTED_PERSONAL_VALUES), cell


def test_no_planted_cell_is_planted_twice() -> None:
    places = Counter(
        (m.export, m.trimestre, m.row, m.column) for m in (*MISTAKES, *PERSONAL_CELLS, *MARKED_PUBLISHABLE)
    )
    assert max(places.values()) == 1


def test_colonias_are_a_mosaic_within_the_municipality() -> None:
    colonias = City(2025).colonias
    assert len(colonias) == len({c.nombre for c in colonias}) >= 140
    assert all(c.polygon.is_valid and MUNICIPALITY_OUTLINE.contains(c.polygon) for c in colonias)
    overlap = sum(a.polygon.intersection(b.polygon).area for n, a in enumerate(colonias) for b in colonias[n + 1 :])
    assert overlap < 1e-9


def test_a_delivery_holds_what_is_new_or_changed_since_the_quarter_before() -> None:
    quarter = Quarter(2025, 1)
    record = Record(
        {"a": 1, "done": date(2025, 5, 2)},
        quarter,
        {"done": quarter.shift(1)},
        {quarter.shift(3): {"a": 2}},
        withdrawn=quarter.shift(4),
    )
    told = {str(q): rows for q, rows in deliveries([record], quarter).items()}
    assert told["2025T1"] == [{"a": 1, "done": None}]
    assert told["2025T2"] == [{"a": 1, "done": date(2025, 5, 2)}]
    assert told["2025T3"] == []
    assert told["2025T4"] == [{"a": 2, "done": date(2025, 5, 2)}]
    assert told["2026T1"] == [{"a": 2, "done": date(2025, 5, 2), "baja": True}]
    assert told["2026T2"] == []
