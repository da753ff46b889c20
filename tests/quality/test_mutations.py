"""Every check of every contract: its fault is caught, and clean data pass. The table stays in .ci/artifacts for people to read."""

from __future__ import annotations

from pathlib import Path

import pytest

from pamga.settings import Settings
from quality import gate
from quality.contracts import all_contracts
from quality.mutations import mutation_table, table_text
from tests.quality.agreed import agreed_now
from tests.quality.specimen import make_run

pytestmark = pytest.mark.slow

ARTIFACT = Path(__file__).resolve().parents[2] / ".ci" / "artifacts" / "mutations.md"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return make_run(tmp_path_factory.mktemp("candidata"))


def test_a_clean_candidate_of_every_dataset_passes_every_check(whole: Settings) -> None:
    result = gate.check(whole)
    assert len(result.checks) > 600
    assert [check.id for check in result.checks if check.outcome != "pass"] == []


def test_every_check_catches_its_fault_and_lets_its_allowed_extreme_through(whole: Settings) -> None:
    table = mutation_table(whole)
    ARTIFACT.parent.mkdir(parents=True, exist_ok=True)
    ARTIFACT.write_text(f"# Planted faults\n\n{table_text(table)}\n", encoding="utf-8")
    assert [entry for entry in table if not entry.proved] == []
    assert {entry.check for entry in table} == {
        check.id for contract in all_contracts(agreed_now()).values() for check in contract.checks
    }
