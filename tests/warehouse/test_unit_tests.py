"""dbt's own unit tests, one for each row of the table in rules.md and more: production leaves them out, so they run here."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pamga.settings import Settings
from pamga.storage import read_json
from tests.oracle.lake_writer import Version, make_warehouse, write_lake
from tests.oracle.second_opinion import Delivery
from warehouse.dbt_runner import run_dbt


@pytest.mark.slow
def test_every_unit_test_of_the_warehouse_passes(tmp_path: Path) -> None:
    """A unit test needs the columns of its model's parents, not their rows: everything is built empty first."""
    nothing = Delivery("acuerdos", "presupuesto_participativo", "2026T3", (), date(2026, 10, 10))
    write_lake(tmp_path / "lake", [Version(nothing)])
    folder = make_warehouse(tmp_path)
    settings = Settings(data=tmp_path)
    run_dbt(settings, folder, ["build", "--empty", "--exclude-resource-type", "unit_test", "test"])
    run_dbt(settings, folder, ["test", "--select", "test_type:unit"])

    defined = read_json(folder / "dbt" / "manifest.json")["unit_tests"]
    outcomes = {r["unique_id"]: r["status"] for r in read_json(folder / "dbt" / "run_results.json")["results"]}
    assert outcomes == dict.fromkeys(defined, "pass")
    assert len(defined) > 40
