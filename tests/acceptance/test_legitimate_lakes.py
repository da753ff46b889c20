"""What rules.md and the contracts allow is received, built, checked, published and read back: nothing stops.

A few lakes here; many by `python -m tests.acceptance.legitimate_lakes --lakes 100`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from ingest.contract import load_contracts
from tests.acceptance.legitimate_lakes import FIRST, SHAPES, Lake, Maker, deliveries, go_through, lakes


@seed(20261128)
@settings(
    max_examples=40, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(lakes())
def test_lakes_hold_what_the_contracts_allow(lake: Lake) -> None:
    """Quick: the strategy reaches every shape and writes a file for every delivery that a lake plans."""
    planned = {
        f"{office}/{export}_{quarter}" for (export, office, quarter), shape in lake.plan.items() if shape != "nothing"
    }
    assert set(lake.plan.values()) <= set(SHAPES)
    assert {(export, office) for export, office, _ in lake.plan} == {
        (export, office) for export, contract in load_contracts().items() for office in contract.dependencias
    }
    written = {Path(path).stem for _, files in deliveries(lake) for path, _ in files}
    assert {name.rpartition("/")[2] for name in planned} >= {name.removesuffix("_confirmada") for name in written}
    assert Maker(lake).lake is lake


@pytest.mark.slow
@seed(5)
@settings(
    max_examples=3, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(lakes())
def test_nothing_stops_a_legitimate_lake(tmp_path_factory: pytest.TempPathFactory, lake: Lake) -> None:
    outcome = go_through(lake, tmp_path_factory.mktemp("lago"))
    assert outcome.said == ""
    assert outcome.refused == []
    assert outcome.releases > 0


@pytest.mark.slow
def test_a_lake_that_ends_before_the_plan_begins_goes_through(tmp_path: Path) -> None:
    """The lists show what was delivered; what is counted by quarter of the plan has none yet."""
    before = FIRST
    delivered = {"acuerdos", "eventos_mbh", "talleres", "proyectos_pp", "encuestas_satisfaccion"}
    plan = {
        (export, office, before): "some rows" if export in delivered else "nothing"
        for export, contract in load_contracts().items()
        for office in contract.dependencias
    }
    lake = Lake(506265, (before,), plan, "odd", frozenset(), withdrawals=True, coordinates=False, running=True)
    outcome = go_through(lake, tmp_path)
    assert outcome.said == "" and outcome.releases == 1
