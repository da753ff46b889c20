"""The short form of `make torture`: the same trials, fewer of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.reliability.torture import forked

ROOT = Path(__file__).resolve().parents[2]

TRIALS = int(os.environ.get("PAMGA_TEST_FAULTS", "18"))
ACTS = os.environ.get("PAMGA_TEST_ACTS", "3")
FILES = int(os.environ.get("PAMGA_TEST_FUZZ", "120"))


def tortured(*arguments: str) -> Any:
    """The figures of the command, in a process of its own: what other tests left in this one would count, and is not to be forked."""
    command = [sys.executable, "-m", "tests.reliability.torture", *arguments, "--seed", "2026", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.slow
def test_a_fault_at_any_operation_ends_as_one_good_run_and_is_said_to_be_ours() -> None:
    outcome = tortured("faults", "--trials", str(TRIALS))
    assert outcome["different"] == []
    assert sum(outcome["endings"].values()) == TRIALS
    assert {ending.split(": ")[1] for ending in outcome["endings"]} <= {"told", "killed", "done"}, outcome["endings"]


@pytest.mark.slow
def test_whole_acts_end_as_one_good_run_wherever_they_were_disturbed() -> None:
    """A corrected day, a backup, a rollback; `make torture` disturbs takedown, restore, publishing and building too."""
    found = tortured("acts", "--trials", ACTS, "--only", "receipt-day,backup,rollback")
    assert len(found) == 3
    for name, tried in found.items():
        assert tried["different"] == [], name
        assert tried["trials"] >= int(ACTS), name
        assert {ending.split(": ")[1] for ending in tried["endings"]} <= {"told", "killed", "done"}, tried["endings"]


@pytest.mark.slow
def test_no_mutated_file_escapes() -> None:
    found = tortured("fuzz", "--files", str(FILES))
    assert found["escaped"] == [] and found["files"] == FILES
    assert {"rejected", "accepted_with_rejects"} <= set(found["states"])
    assert found["peak_mb"] < 2000


def test_the_trial_itself_tells_the_endings_apart() -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    def wrong() -> None:
        raise ValueError("x")

    assert (forked(lambda: None), forked(full), forked(wrong)) == ("done", "told", "ValueError: x")
