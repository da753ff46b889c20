"""Every check of every contract: its fault is caught, and clean data pass."""

from __future__ import annotations

import pytest

from pamga.settings import Settings
from quality import gate
from quality.mutations import mutation_table
from tests.quality.specimen import make_run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return make_run(tmp_path_factory.mktemp("candidata"))


def test_a_clean_candidate_of_every_dataset_passes_every_check(whole: Settings) -> None:
    result = gate.check(whole)
    assert len(result.checks) > 600
    assert [check.id for check in result.checks if check.outcome != "pass"] == []


def test_every_check_catches_its_fault_and_lets_its_allowed_extreme_through(whole: Settings) -> None:
    assert [entry for entry in mutation_table(whole) if not entry.proved] == []
