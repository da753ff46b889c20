"""The short form of `make torture`: the same trials, fewer of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.reliability.torture import faults, forked, fuzz

TRIALS = int(os.environ.get("PAMGA_TEST_FAULTS", "18"))
FILES = int(os.environ.get("PAMGA_TEST_FUZZ", "120"))


@pytest.mark.slow
def test_a_fault_at_any_operation_ends_as_one_good_run_and_is_said_to_be_ours(tmp_path: Path) -> None:
    outcome = faults(tmp_path, TRIALS, seed=2026)
    assert outcome.different == []
    assert sum(outcome.endings.values()) == TRIALS
    assert {ending.split(": ")[1] for ending in outcome.endings} <= {"told", "killed", "done"}, outcome.endings


@pytest.mark.slow
def test_no_mutated_file_escapes(tmp_path: Path) -> None:
    found = fuzz(tmp_path, FILES, seed=2026)
    assert found.escaped == [] and found.files == FILES
    assert {"rejected", "accepted_with_rejects"} <= set(found.states)
    assert found.peak_mb < 2000


def test_the_trial_itself_tells_the_endings_apart() -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    def wrong() -> None:
        raise ValueError("x")

    assert (forked(lambda: None), forked(full), forked(wrong)) == ("done", "told", "ValueError: x")
