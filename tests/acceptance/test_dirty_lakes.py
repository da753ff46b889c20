"""Deliveries as careless offices write them: what is accepted, what is quarantined, and the figures, counted by hand.

One lake to the end here, and a few at the door; many by `python -m tests.acceptance.dirty_lakes`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.dirty_lakes import at_the_door, try_lake


@pytest.mark.slow
def test_each_row_is_accepted_or_quarantined_as_rules_md_says(tmp_path: Path) -> None:
    outcome = at_the_door(tmp_path, seed=2, share=0.4)
    assert outcome.wrong == [] and outcome.rows > 200


@pytest.mark.slow
def test_what_is_accepted_counts_as_if_it_had_been_written_plainly(tmp_path: Path) -> None:
    outcome = try_lake(tmp_path, seed=2)
    assert outcome.wrong == [] and outcome.releases >= 2
