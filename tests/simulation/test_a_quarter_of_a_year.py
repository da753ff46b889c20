"""Some months of operation, day by day, with what goes wrong in them (the whole plan: `python -m tests.simulation`)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.simulation.city import City
from tests.simulation.life import live_through_a_closing
from tests.simulation.questions import Tally, ask_about_mails


@pytest.mark.slow
def test_nothing_public_is_false_around_a_closing(tmp_path: Path) -> None:
    city, tally = City(tmp_path, date(2025, 10, 9)), Tally()
    live_through_a_closing(city, tally)
    ask_about_mails(city, tally)
    assert tally.false == []
    assert tally.asserted > 3000
    assert [(quarter, outcome) for quarter, outcome, _ in city.closings] == [("2025T4", "held"), ("2025T4", "made")]
