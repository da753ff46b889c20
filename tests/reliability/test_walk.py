"""A few random walks over all acts, each in an order of its own (`python -m tests.reliability.walk` takes many, with kills)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reliability.walk import prepare, take_walk


@pytest.mark.slow
def test_acts_in_any_order_leave_everything_in_agreement(tmp_path: Path) -> None:
    prepare(tmp_path / "start")
    for seed in range(2):
        walk = take_walk(tmp_path / "start", tmp_path / "walk", seed, 10, kills=0)
        assert walk.wrong == [], " ".join(walk.done)
