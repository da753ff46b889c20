"""What assets take from the plan, the contracts and the words of states: a place in git, the words in Superset, and back without a loss."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
import said_once
from assets_io import ASSETS, dump, in_git, load
from declared import emptied, filled
from hypothesis import example, given
from hypothesis import strategies as st
from presumed import emptied_board, emptied_chart, filled_board, filled_chart
from said_once import expanded, folded

from pamga import plan as matrix
from pamga.exports import exports
from pamga.situations import states
from pamga.yaml_files import load_yaml

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


@pytest.fixture(scope="module")
def held() -> dict[str, Any]:
    """What Superset is to hold."""
    return dict(load())


def test_nothing_of_a_place_is_left_in_what_superset_holds(held: dict[str, Any]) -> None:
    places = [
        "{ejercicio}",
        "{compromiso}",
        said_once.TODAY,
        said_once.MENU,
        *PLAN.nombres,
        *(f"{{{name}:" for name in said_once.cases()),
    ]
    assert [(path, place) for path, asset in held.items() for place in places if place in str(asset)] == []


def test_what_stands_elsewhere_is_written_out_in_no_asset() -> None:
    """As an export of the browser leaves it where a list has grown since: what was added to the list would be told by its key."""
    keys = {*exports(), *PLAN.temas, *PLAN.dependencias, *states()}
    written = {
        path: re.findall(r"WHEN '(\w+)' THEN '", " ".join(path.read_text(encoding="utf-8").split()))
        for path in ASSETS.rglob("*.yaml")
    }
    assert {path.name: found for path, whens in written.items() if (found := keys.intersection(whens))} == {}


def test_every_board_begins_with_the_one_menu_and_stands_in_it_without_a_link(held: dict[str, Any]) -> None:
    boards = {path: asset for path, asset in held.items() if path.startswith("dashboards/")}
    for path, board in boards.items():
        menus = re.findall(r'<div class="enlaces">.*?</div>', str(board["position"]))
        assert menus == [said_once.menu(board["slug"])], path
        linked = re.findall(r'href="/superset/dashboard/([\w-]+)/"', menus[0])
        own = set() if board["slug"] == "candidata" else {board["slug"]}
        assert {*linked, *own, "candidata"} == {one["slug"] for one in boards.values()} and not own.intersection(linked)


def test_a_dataset_says_of_its_mart_and_its_columns_only_what_the_mart_does_not() -> None:
    """What people read beside a figure is what its declaration says, whatever was written here once."""
    own = {path: load_yaml(path) for path in (ASSETS / "datasets").rglob("*.yaml") if path.parent.name != "candidata"}
    assert [path.name for path, asset in own.items() if "description" in asset] == []
    columns = [(path.name, one) for path, asset in own.items() for one in asset["columns"] if "expression" not in one]
    assert [(name, one) for name, one in columns if "type" in one or "description" in one] == []


def test_what_a_person_chose_for_a_column_is_kept_beside_what_is_presumed(held: dict[str, Any]) -> None:
    whole = held["datasets/publico/cabildo_mesas.yaml"]
    chosen = {
        "fecha_realizada": {"is_dttm": False},
        "eje": {"groupby": False, "filterable": False},
        "acta_url": {"description": "Otra cosa."},
    }
    columns = [one | chosen.get(one["column_name"], {}) for one in whole["columns"]]
    whole = {**whole, "offset": 6, "columns": columns}
    kept = emptied(whole)
    assert {one["column_name"]: one for one in kept["columns"]}["eje"] == {
        "column_name": "eje", "verbose_name": "Eje (clave)", "groupby": False, "filterable": False
    }  # fmt: skip
    assert kept["offset"] == 6 and dump(filled(kept)) == dump(whole)


def test_what_a_person_made_otherwise_on_a_board_or_of_a_chart_is_kept(held: dict[str, Any]) -> None:
    board = deepcopy(held["dashboards/tablero_del_plan.yaml"])
    names = {part["type"]: name for name, part in board["position"].items() if isinstance(part, dict)}
    row, chart, text = (board["position"][names[kind]] for kind in ("ROW", "CHART", "MARKDOWN"))
    row["meta"]["background"] = "BACKGROUND_WHITE"
    row["children"].append("CHART-nobody")
    chart["meta"]["chartId"] = 7
    text["parents"] = ["ROOT_ID"]
    board["position"]["CHART-lost"] = {"type": "CHART", "id": "CHART-lost", "children": [], "meta": {}}
    assert dump(filled_board(emptied_board(board))) == dump(board)
    question = deepcopy(held[BOARD])
    question["query_context"]["force"] = True
    question["query_context"]["queries"][0] |= {"series_limit": 5, "order_desc": False}
    assert dump(filled_chart(emptied_chart(question))) == dump(question)


@pytest.mark.slow
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


def test_what_a_person_changed_for_one_year_alone_stays_as_it_was_typed(held: dict[str, Any]) -> None:
    board = deepcopy(held[BOARD]["params"]["column_config"])
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
