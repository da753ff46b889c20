"""What assets take from the plan, the contracts and the words of states: a place in git, the words in Superset, and back without a loss."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pamga import plan as matrix
from pamga.situations import states

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "dashboards"))

import said_once  # noqa: E402
from assets_io import ASSETS, dump, in_git, load  # noqa: E402
from said_once import expanded, folded  # noqa: E402

PLAN = matrix.plan()
YEARS = [str(year) for year in PLAN.ejercicios]
BOARD = "charts/tablero_del_plan/todos_los_indicadores_ano_por_ano.yaml"


@pytest.fixture
def another_plan(monkeypatch: pytest.MonkeyPatch) -> Iterator[matrix.Plan]:
    """Another municipality's, with other years and commitments; one of them is called as a board is."""
    other = replace(
        PLAN, municipio="Silao", ejercicios=(2026, 2027, 2028, 2029), compromisos={"CJ": "Cabildo Abierto Juvenil", "X": "Obras"},
        dependencias={"obras": "Obras Públicas"},
    )  # fmt: skip
    monkeypatch.setattr(matrix, "plan", lambda: other)
    monkeypatch.setattr("assets_io.plan", lambda: other)
    said_once.cases.cache_clear()
    yield other
    said_once.cases.cache_clear()


def test_nothing_of_a_place_is_left_in_what_superset_holds() -> None:
    places = ["{ejercicio}", "{compromiso}", *PLAN.nombres, *(f"{{{name}:" for name in said_once.cases())]
    assert [(path, place) for path, asset in load().items() for place in places if place in str(asset)] == []


def test_a_board_of_another_plan_has_its_years_its_names_and_its_commitment(another_plan: matrix.Plan) -> None:
    assets = load()
    chart = assets[BOARD]
    assert chart["params"]["metrics"][:4] == [f"meta_{year}" for year in another_plan.ejercicios]
    (dataset,) = [asset for asset in assets.values() if asset["uuid"] == chart["dataset_uuid"]]
    metrics = {metric["metric_name"]: metric for metric in dataset["metrics"]}
    assert (
        metrics["meta_2029"]["verbose_name"] == "Meta 2029"
        and "ejercicio = 2029 " in metrics["meta_2029"]["expression"]
    )
    assert "meta_2025" not in metrics
    assert "Silao 2025-2027" in assets["dashboards/tablero_del_plan.yaml"]["description"]
    timeline = assets["charts/cabildo_abierto_juvenil/linea_de_tiempo_de_los_documentos.yaml"]
    assert timeline["params"]["adhoc_filters"][0]["sqlExpression"] == "compromiso = 'CJ'"
    assert "WHEN 'obras' THEN 'Obras Públicas' ELSE dependencia END" in str(assets["datasets/interno/hallazgos.yaml"])
    texts = {path: (ASSETS / path).read_text(encoding="utf-8") for path in assets}
    assert in_git({path: dump(asset) for path, asset in assets.items()}) == texts, "and git holds the same files"


def test_what_a_person_changed_for_one_year_alone_stays_as_it_was_typed() -> None:
    board = load()[BOARD]["params"]["column_config"]
    board[f"meta_{YEARS[1]}"] = {"columnWidth": 200}
    kept = folded(board)
    assert [name for name in kept if name.startswith("meta_2")] == [f"meta_{year}" for year in YEARS]
    assert expanded(kept) == board


def test_every_state_has_its_figure_and_words_in_the_expressions() -> None:
    said = expanded({"expression": "{figura y situación: estado}"})["expression"]
    assert all(f"WHEN '{state}' THEN '{words.figura} {words.texto}'" in said for state, words in states().items())
    assert said.endswith(" ELSE estado END")


NAMES = st.sampled_from(
    [
        "a",
        *(f"meta_{year}" for year in YEARS),
        *YEARS,
        PLAN.municipio,
        PLAN.titulo,
        "'CAJ'",
        "x 2025",
        f"{PLAN.municipio}a",
    ]
)
TEXTS = st.one_of(NAMES, st.sampled_from([case.format("estado") for case in said_once.cases().values()]))
METRICS = st.builds(lambda name, text: {"metric_name": name, "expression": text}, NAMES, TEXTS)
DOCUMENTS = st.recursive(
    st.one_of(TEXTS, METRICS, st.integers(), st.none(), st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=9), st.dictionaries(NAMES, inner, max_size=6)),
    max_leaves=25,
)


@given(DOCUMENTS)
@example([f"meta_{year}" for year in YEARS * 2])
@example({f"meta_{year}": {"de": year} for year in YEARS})
def test_whatever_stands_in_superset_comes_back_from_git_the_same(document: Any) -> None:
    kept = folded(document, "CAJ")
    assert expanded(kept, "CAJ") == document
    assert folded(expanded(kept, "CAJ"), "CAJ") == kept
