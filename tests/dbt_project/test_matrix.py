"""The plan's matrix, the seeds that come from it, and that both say what the delivery contracts say."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from dbt_project.exposures import EXPOSURES, documents
from dbt_project.matrix import SEEDS, load_matrix, seeds

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ROOT / "ingest" / "contracts"


@pytest.mark.parametrize("name", sorted(seeds(load_matrix())))
def test_seed_is_what_the_matrix_says(name: str) -> None:
    assert (SEEDS / name).read_text() == seeds(load_matrix())[name], "stale: run python -m dbt_project.matrix"


def test_exposures_are_what_dashboards_and_marts_say() -> None:
    for name, text in documents().items():
        assert (EXPOSURES / name).read_text() == text, f"{name} is stale: run python -m dbt_project.exposures"


def test_the_plan_has_26_indicators_and_50_targets() -> None:
    indicators = load_matrix()["indicadores"]
    assert len(indicators) == 26
    assert sum(len(i["metas"]) for i in indicators.values()) == 50


def test_every_target_falls_due_within_the_plan_and_after_it_begins() -> None:
    for key, indicator in load_matrix()["indicadores"].items():
        for target in indicator["metas"]:
            assert date(2025, 1, 1) <= target["inicio"] < target["vence"] <= date(2027, 12, 31), key
            assert target["vence"].year == target["ejercicio"], key


def test_every_reference_inside_the_matrix_exists() -> None:
    matrix = load_matrix()
    for key, indicator in matrix["indicadores"].items():
        assert key.split("-")[0] in matrix["compromisos"]
        assert set(indicator["responsables"]) <= matrix["dependencias"].keys(), key
        assert set(indicator["fuentes"]) <= matrix["exportaciones"].keys(), key
        for source in indicator["fuentes"]:
            assert key in matrix["exportaciones"][source]["indicadores"], f"{source} does not serve {key}"
    for commitment in matrix["compromisos"].values():
        assert set(commitment["metas_relevantes"]) <= set(commitment["ods_principales"])
        assert set(commitment["problematicas"]) <= matrix["problematicas"].keys()


def test_exports_of_the_matrix_are_those_of_the_contracts() -> None:
    """Offices and indicators of an export stand in its contract; the matrix repeats them, so both must agree."""
    stated = {}
    for path in sorted(CONTRACTS.glob("*.yaml")):
        contract = yaml.safe_load(path.read_text())
        properties = {p["property"]: p["value"] for p in contract.get("customProperties", [])}
        if properties.get("indicadores"):
            stated[path.stem] = (properties["dependencias"], properties["indicadores"])
    matrix = load_matrix()["exportaciones"]
    assert {name: (e["dependencias"], e["indicadores"]) for name, e in matrix.items()} == stated
