"""The contracts: current, valid by Soda's own schema, one for every published dataset, each check with its words and its fault."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from quality import catalogue, generate
from quality.gate import RAW_KINDS, card_finder
from quality.marts import published_marts
from quality.mutations import EXTREMES, FAULTS, check_ids
from quality.page import PAGE, START
from quality.yaml_files import load_yaml

CONTRACTS = sorted(catalogue.CONTRACTS.glob("*.yml"))
ALL = [*CONTRACTS, *sorted(catalogue.RAW_CONTRACTS.glob("*.yml"))]


@pytest.fixture(scope="module")
def validator() -> Any:
    """Soda's bundled schema; closed where Soda left it open, because it ignores a misspelt check in silence."""
    text = (files("soda_core") / "contracts" / "soda_data_contract_json_schema_1_0_0.json").read_text()
    schema = json.loads(text)
    schema["properties"]["columns"]["items"]["unevaluatedProperties"] = False
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_contract_is_valid_by_sodas_schema(path: Path, validator: Any) -> None:
    assert [error.message for error in validator.iter_errors(load_yaml(path))] == []


@pytest.mark.parametrize(
    "broken",
    [
        {"checks": [{"row_count": {"treshold": {"must_be": 0}}}]},
        {"checks": [{"freshness": {"column": "f", "unit": "day", "threshold": {"must_be_less_than": 1}}}]},
        {"columns": [{"name": "a", "checks": [{"invalid": {"valid_value": ["x"]}}]}]},
    ],
)
def test_the_schema_sees_misspelt_keys(broken: dict[str, Any], validator: Any) -> None:
    assert list(validator.iter_errors({"dataset": "a/main/b", **broken}))


def key_paths(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every key of a document, through lists too."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        if isinstance(key, str):
            yield (*path, key)
        yield from key_paths(child, (*path, key))


def misspelt(document: Any, path: tuple[Any, ...]) -> Any:
    """A copy of the document in which the key at `path` has one letter too many."""
    head, *rest = path
    copy = dict(document) if isinstance(document, dict) else list(document)
    if rest:
        copy[head] = misspelt(document[head], tuple(rest))
    else:
        copy[f"{head}x"] = copy.pop(head)
    return copy


def test_no_key_of_a_contract_can_be_misspelt_unseen(validator: Any) -> None:
    """Every kind of key that our contracts use, however deep, with one letter too many."""
    tried, unseen = set(), []
    for path in ALL:
        contract = load_yaml(path)
        for way in key_paths(contract):
            shape = tuple("#" if isinstance(step, int) else step for step in way)
            if shape in tried or (shape[0] == "variables" and len(shape) == 2):  # names of variables are ours to choose
                continue
            tried.add(shape)
            if next(validator.iter_errors(misspelt(contract, way)), None) is None:
                unseen.append(".".join(map(str, shape)))
    assert unseen == []
    assert len(tried) > 50


@pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_contract_declares_the_variables_that_it_uses(path: Path) -> None:
    used = set(re.findall(r"\$\{var\.(\w+)\}", path.read_text(encoding="utf-8")))
    assert used <= set(load_yaml(path).get("variables", {}))


def test_contracts_are_not_stale(tmp_path: Path) -> None:
    fresh = {path.name: path.read_text() for path in generate.write_contracts(tmp_path)}
    assert fresh == {path.name: path.read_text() for path in CONTRACTS}, "run `python -m quality.generate`"


def test_every_published_dataset_has_a_contract() -> None:
    assert {mart.name for mart in published_marts()} <= {path.stem for path in CONTRACTS}


def test_every_check_has_words_a_fault_and_an_extreme_that_it_lets_through() -> None:
    find = card_finder()
    for path in ALL:
        for check_id in check_ids(load_yaml(path)):
            card = find(check_id, [])
            assert card.dimension in catalogue.DIMENSIONS, check_id
            assert all((card.explanation, card.owner, card.remedy)), check_id
            assert "{" not in card.explanation + card.owner + card.remedy, check_id
            written = catalogue.written_checks().get(check_id)
            assert written.fault if written else FAULTS[check_id.split(".")[1]], check_id
            assert written.lawful if written else EXTREMES[check_id.split(".")[1]], check_id


def test_every_check_has_its_reason() -> None:
    """Nothing that rules.md and the contracts allow may stop: each check says why it cannot, or only warns."""
    for group in ("clases", "verificaciones"):
        for name, entry in catalogue.document()[group].items():
            assert len(entry["razon"]) >= len("Sólo avisa."), name
            if entry["severidad"] == "avisar":
                assert "visa" in entry["razon"], f"{name} only warns and its reason does not say so"
            else:
                assert "Sólo avisa" not in entry["razon"], name


def test_a_number_outside_a_range_stops_only_where_ingest_would_have_held_it() -> None:
    """`rango` stops: each contract that delivers such a column holds the limit; else the check is `rango_entregado`, which warns."""
    lake = generate.lake_schema()
    stops, warns = set(), set()
    for mart in published_marts():
        for column in mart.columns:
            wanted = generate.limits_of(column)
            own = [lake[s]["limites"][column.name] for s in mart.sources if column.name in lake[s]["limites"]]
            derived = column.name in ("latitud", "longitud") and {"colonia_id", "hexagono"} & set(mart.key)
            if wanted and own and not derived:
                held = all(set(wanted) <= set(limits) for limits in own)
                (stops if held else warns).add(f"{mart.name}.{column.name}")
    ids = {check_id for path in CONTRACTS for check_id in check_ids(load_yaml(path))}
    assert {f"{name.split('.')[0]}.rango.{name.split('.')[1]}" for name in stops} <= ids
    assert {f"{name.split('.')[0]}.rango_entregado.{name.split('.')[1]}" for name in warns} <= ids
    assert "presas.latitud" in warns
    assert "mapa_hexagonos.rango_entregado.latitud" in ids, "the middle of a hexagon on the edge lies a little outside"
    assert "talleres.latitud" in stops


def test_severity_in_the_contract_is_the_catalogues() -> None:
    find = card_finder()
    for path in CONTRACTS:
        contract = load_yaml(path)
        for owner in [*contract["columns"], contract]:
            for check in owner.get("checks", []):
                (body,) = check.values()
                assert body["threshold"]["level"] == find(body["name"], []).severity, body["name"]


def test_raw_checks_only_warn() -> None:
    assert all(catalogue.kinds()[kind].severity == "warn" for kind in RAW_KINDS)


def test_freshness_ignores_periods_after_the_reference_day() -> None:
    contract = load_yaml(catalogue.CONTRACTS / "mediciones_aire.yml")
    (body,) = [check["freshness"] for check in contract["checks"] if "freshness" in check]
    assert body["filter"] == "fecha <= date '${var.corte}'"
    assert body["threshold"]["unit"] == "day"


def test_the_table_in_the_docs_names_every_check() -> None:
    page = PAGE.read_text(encoding="utf-8")
    expected = {check_id for path in ALL for check_id in check_ids(load_yaml(path))}
    kept = {line.split("`")[1] for line in page.partition(START)[2].splitlines() if line.startswith("| `")}
    assert expected == kept, "run `python -m quality.page <data>` on a clean run"
    assert "NO |" not in page
