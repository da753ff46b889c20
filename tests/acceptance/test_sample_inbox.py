"""The sample inbox through the real door: every planted mistake is answered, and the indicators are those of the second opinion."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ingest.receive import receive_inbox
from ingest.sample import MENDED, MISTAKES, REPETITIONS, Mistake, Repetition, write_inbox
from pamga.documents.deliveries import Receipt
from pamga.settings import Settings
from pamga.storage import read_json
from tests.documents import tree
from tests.oracle.lake_writer import marts_of, standing_deliveries
from tests.oracle.second_opinion import KEY, KEYS, Lake, Row, differences, indicadores_trimestre, otras_lecturas

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    data = tmp_path_factory.mktemp("sample") / "data"
    write_inbox(data / "inbox")
    return Settings(data=data)


@pytest.fixture(scope="module")
def receipts(settings: Settings) -> list[Receipt]:
    return receive_inbox(settings)


@pytest.fixture(scope="module")
def marts(settings: Settings, receipts: list[Receipt]) -> dict[str, list[Row]]:
    return marts_of(settings.data)


@pytest.fixture(scope="module")
def mart(marts: dict[str, list[Row]]) -> list[Row]:
    return marts["indicadores_trimestre"]


def first_version(settings: Settings, planted: Mistake | Repetition) -> Path:
    return settings.layout.version(planted.export, planted.trimestre, planted.dependencia, 1)


def first_row(manifest: dict[str, Any]) -> int:
    """The spreadsheet's number of the first row below the header; our workbooks have three rows above it."""
    return 5 if manifest["archivo"].endswith(".xlsx") else 2


def test_every_file_is_answered(settings: Settings, receipts: list[Receipt]) -> None:
    dropped = list(settings.layout.inbox.glob("*/*"))
    assert len(receipts) == len(dropped)
    states = Counter(r.state for r in receipts)
    assert (states["rejected"], states["duplicate"]) == (2, 1)
    for receipt in receipts:
        assert receipt.accepted + receipt.quarantined + receipt.out_of_scope == receipt.rows_read


def test_nearly_right_names_are_second_versions(receipts: list[Receipt]) -> None:
    second = {r.archivo for r in receipts if r.version == 2}
    assert second == {f"presupuesto_participativo/{name}" for name, *_ in MENDED.values()}


@pytest.mark.parametrize(
    "mistake", [m for m in MISTAKES if m.rule], ids=lambda m: f"{m.export}-{m.trimestre}-{m.column}-{m.rule}"
)
def test_each_planted_mistake_is_reported_under_its_rule(
    settings: Settings, receipts: list[Receipt], mistake: Mistake
) -> None:
    folder = first_version(settings, mistake)
    row = mistake.row + first_row(read_json(folder / "manifest.json"))
    rejects = {(r["fila"], r["columna"]): r["regla"] for r in pq.read_table(folder / "rejects.parquet").to_pylist()}
    assert rejects.get((row, mistake.column)) == mistake.rule
    accepted = {r["fila"] for r in pq.read_table(folder / "rows.parquet", columns=["fila"]).to_pylist()}
    assert row not in accepted


@pytest.mark.parametrize("repetition", REPETITIONS, ids=lambda r: f"{r.export}-{r.trimestre}-{r.row}")
def test_each_repetition_is_reported(settings: Settings, receipts: list[Receipt], repetition: Repetition) -> None:
    folder = first_version(settings, repetition)
    first = repetition.row + first_row(read_json(folder / "manifest.json"))
    by_row = {r["fila"]: r["regla"] for r in pq.read_table(folder / "rejects.parquet").to_pylist()}
    assert repetition.rule in by_row.values()
    assert (first in by_row) == (repetition.rule == "clave_repetida")  # of identical rows the first one is taken


def test_nothing_else_was_held_back(settings: Settings, receipts: list[Receipt]) -> None:
    """Every quarantined row of a table is one that was planted: the generator makes no mistake that it does not declare."""
    layers = {"colonias", "codigos_postales", "estaciones_calidad_aire", "incidencia_delictiva"}
    held = sum(r.quarantined for r in receipts if r.version == 1 and r.state != "duplicate" and r.export not in layers)
    repeated = sum(2 if r.rule == "clave_repetida" else 1 for r in REPETITIONS)
    assert held == len({(m.export, m.trimestre, m.row) for m in MISTAKES if m.rule}) + repeated


def test_the_layers_hold_their_planted_errors(receipts: list[Receipt]) -> None:
    counts = {
        r.export: (r.quarantined, r.out_of_scope)
        for r in receipts
        if r.export in ("colonias", "codigos_postales", "estaciones_calidad_aire", "presas")
    }
    assert counts == {
        "colonias": (2, 0),
        "codigos_postales": (1, 3),
        "estaciones_calidad_aire": (1, 1),
        "presas": (0, 1),
    }


def test_the_indicators_are_those_of_the_second_opinion(settings: Settings, mart: list[Row]) -> None:
    deliveries = [d for d in standing_deliveries(settings.layout.lake) if d.export in KEYS]
    found = differences(indicadores_trimestre(Lake(deliveries)), mart)
    assert not found, "\n".join(found[:40])


def test_the_other_readings_are_those_of_the_second_opinion(settings: Settings, marts: dict[str, list[Row]]) -> None:
    deliveries = [d for d in standing_deliveries(settings.layout.lake) if d.export in KEYS]
    found = differences(otras_lecturas(Lake(deliveries)), marts["otras_lecturas"], (*KEY, "lectura"))
    assert not found, "\n".join(found[:40])


def test_another_reading_would_turn_a_verdict_of_the_board(marts: dict[str, list[Row]]) -> None:
    turned = {
        (r["indicador"], r["lectura"], r["ejercicio"]): (r["estado_elegido"], r["estado"])
        for r in marts["otras_lecturas"]
        if r["trimestre"] == "2026T3" and r["difiere"]
    }
    assert turned["PP-5", "todo_el_anio", 2026] == ("incumplida", "cumplida")
    assert turned["MBH-2", "por_evento", 2025] == ("cumplida_con_retraso", "incumplida")
    assert turned["MBH-2", "con_plazo_cumplido", 2025] == ("cumplida_con_retraso", "cumplida")


def test_the_board_shows_every_status(mart: list[Row]) -> None:
    last = Counter(r["estado"] for r in mart if r["trimestre"] == "2026T3")
    assert set(last) == {
        "cumplida",
        "cumplida_con_retraso",
        "en_meta",
        "en_proceso",
        "incumplida",
        "no_iniciada",
        "sin_datos",
    }
    assert any(r["provisional"] for r in mart if r["trimestre"] == "2026T3")
    satisfaction = {
        r["ejercicio"]: r["valor"] for r in mart if r["indicador"] == "MBH-1" and r["trimestre"] == "2026T3"
    }
    assert 75 < satisfaction[2026] < satisfaction[2025] < 90


def test_dropping_it_all_again_changes_nothing(settings: Settings, receipts: list[Receipt]) -> None:
    before = tree(settings.layout.lake)
    again = receive_inbox(settings)
    assert tree(settings.layout.lake) == before
    assert all(r.state in ("duplicate", "rejected") for r in again)
